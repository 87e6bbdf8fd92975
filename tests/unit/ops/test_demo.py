"""What `make demo` ends with."""

import pytest

from luke_qa_client._settings import DEFAULT_URL
from ops.verbs import demo

OTHER = "http://127.0.0.1:9080"


@pytest.fixture(autouse=True)
def answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "run_luke_qa", lambda *arguments: 0)
    monkeypatch.delenv("LUKE_QA_URL", raising=False)


def test_it_knows_where_the_command_asks() -> None:
    assert demo.USUAL_URL == DEFAULT_URL


@pytest.mark.parametrize(("url", "option"), [(DEFAULT_URL, ""), (OTHER, f" --url {OTHER}")])
def test_the_command_that_it_names_finds_the_server_at_any_port(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], url: str, option: str
) -> None:
    monkeypatch.setattr(demo, "client_environment", lambda: {"LUKE_QA_URL": url})
    assert demo.main([]) == 0
    assert f"luke-qa ask QUESTION CONTEXT{option})" in capsys.readouterr().out


def test_a_shell_that_has_the_address_needs_no_option(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LUKE_QA_URL", OTHER)
    assert demo.main([]) == 0
    assert "luke-qa ask QUESTION CONTEXT)" in capsys.readouterr().out
