"""Which server the verbs ask."""

import pytest

from ops import asking
from ops.asking import client_environment
from ops.instance import free_ports
from ops.server import make_instance


def test_they_ask_the_server_at_its_own_port(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = make_instance(overrides=free_ports())
    monkeypatch.setattr(asking, "running_instance", lambda: instance)
    monkeypatch.delenv("LUKE_QA_URL", raising=False)
    monkeypatch.setenv("LUKE_QA_TOKEN", "another server's")
    environment = client_environment()
    assert environment["LUKE_QA_URL"] == instance.inference_url
    assert environment["LUKE_QA_TOKEN"] == ""


def test_another_server_never_gets_our_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUKE_QA_URL", "https://elsewhere.example")
    monkeypatch.setenv("LUKE_QA_TOKEN", "its own")
    environment = client_environment()
    assert (environment["LUKE_QA_URL"], environment["LUKE_QA_TOKEN"]) == ("https://elsewhere.example", "its own")
