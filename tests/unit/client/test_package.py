"""The public API: names, documentation, dependencies."""

import doctest
import pickle
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, requires, version

import pytest

import luke_qa_client
from luke_qa_client import BadRequestError, LukeQAError, MissingExtraError, _errors
from tests.unit.client.process import CLIENT, run_python
from tests.unit.client.stub import HttpStub

README = (CLIENT / "README.md").read_text()
REFERENCE = (CLIENT.parent / "docs" / "api.md").read_text("utf-8")
GUIDE = (CLIENT.parent / "docs" / "client.md").read_text("utf-8")
DEFAULT_URL = "http://127.0.0.1:8080"


def test_the_public_names_are_exactly_the_documented_ones() -> None:
    listed = set(luke_qa_client.__all__)
    found = eval(run_python("import luke_qa_client as p; print([n for n in dir(p) if n[0] != '_'])"))
    assert sorted(luke_qa_client.__all__) == luke_qa_client.__all__
    assert set(found) == listed
    assert set(re.findall(r"^::: luke_qa_client\.([A-Z]\w+)$", REFERENCE, re.MULTILINE)) == listed


@pytest.mark.parametrize("name", luke_qa_client.__all__)
def test_a_public_name_belongs_to_the_package_and_explains_itself(name: str) -> None:
    assert getattr(luke_qa_client, name).__module__ == "luke_qa_client"
    assert getattr(luke_qa_client, name).__doc__


def test_the_version_is_told_and_is_that_of_the_package() -> None:
    assert luke_qa_client.__version__ == version("luke_qa_client")


def test_the_tree_of_errors_is_the_one_that_is_drawn() -> None:
    def draw(error: type[LukeQAError], depth: int = 0) -> list[tuple[int, str]]:
        below = [line for child in error.__subclasses__() for line in draw(child, depth + 1)]
        return [(depth, error.__name__), *below]

    drawn = re.findall(r"^((?:[│├└─]|[ ](?=[│├└─ ]))*)\s?(\w+Error)\b", _errors.__doc__ or "", re.MULTILINE)
    assert [(round(len(lead) / 4), name) for lead, name in drawn] == draw(LukeQAError)


@pytest.mark.parametrize("kind", [BadRequestError, MissingExtraError])
def test_errors_survive_pickling(kind: type[LukeQAError]) -> None:
    error = pickle.loads(pickle.dumps(kind("Why.", status=400, type="t", field="f", request_id="r")))
    assert isinstance(error, kind)
    assert str(error) == "Why. [status 400, type t, field f, request r]"
    error.tries = 3
    assert str(pickle.loads(pickle.dumps(error))) == "Why. [status 400, type t, field f, request r, tries 3]"
    assert str(kind("Why.")) == "Why."


def test_installing_the_package_brings_no_torch() -> None:
    brought = brings("luke_qa_client")
    assert {"requests", "rich", "urllib3"} < brought
    assert not {"torch", "numpy", "transformers", "gradio", "grpcio", "httpx", "pyarrow", "matplotlib"} & brought


def brings(distribution: str) -> set[str]:
    """What comes with an installed distribution, without its extras."""
    try:
        lines = requires(distribution) or []
    except PackageNotFoundError:  # for another version of Python
        return set()
    needs = names([line for line in lines if "extra ==" not in line])
    return needs.union(*map(brings, needs))


def test_all_that_is_imported_is_declared_and_the_guide_names_what_is_needed() -> None:
    project = tomllib.loads((CLIENT / "pyproject.toml").read_text())["project"]
    needed = names(project["dependencies"])
    extras = project["optional-dependencies"]
    source = CLIENT / "src" / "luke_qa_client"
    imported = {
        name
        for file in [
            *source.glob("*.py"),
            *source.glob("_transport/*.py"),
            *source.glob("_many/*.py"),
            *source.glob("_cli/*.py"),
            *source.glob("_files/*.py"),
        ]
        for name in re.findall(r"^ *(?:import|from) (\w+)", file.read_text(), re.MULTILINE)
    } - sys.stdlib_module_names
    others = {
        "charset_normalizer": "charset-normalizer",
        "docx": "python-docx",
        "google": "protobuf",
        "grpc": "grpcio",
        "haystack": "haystack-ai",
        "markdown_it": "markdown-it-py",
        "opentelemetry": "opentelemetry-api",
    }
    distributions = {others.get(name, name) for name in imported} | {"openpyxl"}  # which only batch imports
    optional = ("async", "grpc", "files", "haystack", "otel")
    assert distributions == needed | names([line for extra in optional for line in extras[extra]])
    row = re.search(r"^\| `\./client` \| (.*?) \|", GUIDE, re.MULTILINE)
    assert row is not None
    assert set(re.findall(r"`([\w-]+)`", row[1])) == needed


def names(requirements: list[str]) -> set[str]:
    return {re.split("[^a-z0-9_.-]", requirement, flags=re.IGNORECASE)[0].lower() for requirement in requirements}


def test_importing_the_package_brings_neither_torch_nor_any_transport() -> None:
    loaded = run_python("import luke_qa_client, sys; print(*sys.modules)").split()
    assert "luke_qa_client" in loaded
    assert not {
        "torch",
        "numpy",
        "transformers",
        "grpc",
        "google.protobuf",
        "requests",
        "urllib3",
        "httpx",
        "asyncio",
        "rich",
        "gradio",
        "pyarrow",
        "matplotlib",
    } & set(loaded)


def test_asking_over_http_does_not_load_grpc(http_stub: HttpStub) -> None:
    program = f"""
import sys
from luke_qa_client import LukeQAClient
with LukeQAClient({http_stub.url!r}) as client:
    client.ask("何", "苺")
print("requests" in sys.modules, "grpc" in sys.modules)
"""
    assert run_python(program).split() == ["True", "False"]


def test_the_python_of_the_readme_runs(http_stub: HttpStub, capsys: pytest.CaptureFixture[str]) -> None:
    for program in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
        assert DEFAULT_URL in program
        exec(program.replace(DEFAULT_URL, http_stub.url), {})
    assert capsys.readouterr().out.splitlines() == [
        "苺 0.991 2 3",
        "何が好きですか 苺",
        "誰が好きですか 私",
    ]


def test_the_example_of_the_package_runs(http_stub: HttpStub) -> None:
    example = (luke_qa_client.__doc__ or "").replace(DEFAULT_URL, http_stub.url)
    test = doctest.DocTestParser().get_doctest(example, {}, "luke_qa_client", None, None)
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0
