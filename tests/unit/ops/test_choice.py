"""What an archive is built from, and how long a choice holds."""

from dataclasses import replace
from pathlib import Path

import pytest

from luke_qa.choices import Backend
from ops.choice import Choice, Request, add_choice_options, choose, deprecations, in_repository, read_request
from ops.errors import UsageError
from ops.layout import ROOT
from ops.options import MAKE_PREFIX, Parser, on_or_off
from ops.profiles import Profile

LAST = Choice(Path("mine"), "inclusive", Backend.OPENVINO, Path("q.json"), Profile.GPU)
HARD = "  'a' \"b\"; $(touch x) `y` $$z ${HOME} # %s \\ --\n日本 "


@pytest.fixture
def parser(monkeypatch: pytest.MonkeyPatch) -> Parser:
    for name in ("CHECKPOINT", "END_LABEL", "BACKEND", "INT8", "PROFILE", "ENGINE"):
        monkeypatch.delenv(MAKE_PREFIX + name, raising=False)
    parser = Parser(prog="verb")
    add_choice_options(parser)
    return parser


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_the_last_choice_holds() -> None:
    assert choose(Request(), LAST) == LAST
    assert choose(Request(), Choice()) == Choice()


def test_what_is_asked_for_replaces_it() -> None:
    asked = Request("other", "exclusive", "openvino", "r.json", "cpu")
    assert choose(asked, LAST) == Choice(Path("other"), "exclusive", Backend.OPENVINO, Path("r.json"), Profile.CPU)


def test_an_end_label_goes_with_its_checkpoint() -> None:
    assert choose(Request(checkpoint="other"), LAST).end_label == ""
    assert choose(Request(checkpoint="./mine/"), LAST) == LAST
    assert choose(Request(end_label=""), LAST).end_label == ""


def test_int8_goes_with_openvino_and_can_be_taken_back() -> None:
    assert choose(Request(backend="torch"), LAST) == replace(LAST, backend=Backend.TORCH, int8=None)
    assert choose(Request(int8=""), LAST) == replace(LAST, int8=None)
    assert choose(Request(checkpoint="other"), LAST).int8 == LAST.int8
    with pytest.raises(UsageError, match="INT8 needs BACKEND=openvino"):
        choose(Request(int8="q.json"), Choice())


def test_other_empty_texts_count_as_not_given() -> None:
    assert choose(Request(checkpoint="", backend="", profile=""), LAST) == LAST


@pytest.mark.parametrize(("name", "value"), [("backend", "auto"), ("backend", "q"), ("profile", "x")])
def test_a_wrong_value_is_named_with_those_that_are_allowed(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=rf"^{name.upper()} must be \w+ or .*, not '{value}'\.$"):
        choose(Request(**{name: value}), Choice())


def test_paths_inside_the_repository_are_relative_to_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert in_repository(f"{ROOT}/a b/日本") == Path("a b/日本")
    assert in_repository("/elsewhere") == Path("/elsewhere")
    monkeypatch.chdir(tmp_path)
    assert in_repository("x") == tmp_path / "x"


def test_a_variable_of_make_is_the_default_of_its_option(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{MAKE_PREFIX}END_LABEL", HARD)
    parser = Parser(prog="verb")
    add_choice_options(parser)
    assert read_request(parser.parse_args([])) == Request(end_label=HARD)
    assert read_request(parser.parse_args(["--end-label=-x"])) == Request(end_label="-x")


def test_an_unprefixed_variable_is_not_read(parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PROFILE", "CHECKPOINT", "ENGINE", "BACKEND"):
        monkeypatch.setenv(name, "x")
    assert read_request(parser.parse_args([])) == Request()


def test_the_former_name_of_the_backend_works_and_says_so(parser: Parser) -> None:
    given = parser.parse_args(["--engine", "openvino"])
    assert read_request(given) == Request(backend="openvino")
    (line,) = deprecations(given)
    assert "use BACKEND" in line
    assert deprecations(parser.parse_args(["--backend", "openvino"])) == []


def test_a_switch_is_on_or_off() -> None:
    assert [on_or_off("AUTH", value) for value in (None, "", "off", "on")] == [None, None, False, True]
    with pytest.raises(UsageError, match="AUTH must be on or off, not 'yes'"):
        on_or_off("AUTH", "yes")
