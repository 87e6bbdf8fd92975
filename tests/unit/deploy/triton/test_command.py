"""How Triton is run: the container where its image is, otherwise the binary, otherwise a sentence."""

import sys
from pathlib import Path

import pytest

from deploy.triton import command
from deploy.triton.command import TritonError, binary, container, find_command
from deploy.triton.place import Place, Ports

PLACE = Place(Path("/home/triton"), Path("/store/triton"), Ports(1, 2, 3))


def test_the_binary_listens_on_loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    found = binary(Path("/server"), PLACE, cores=4)
    assert found.words[0] == "/server/bin/tritonserver"
    assert {f"--{name}-address=127.0.0.1" for name in ("http", "grpc", "metrics")} <= set(found.words)
    assert {"--http-port=1", "--grpc-port=2", "--metrics-port=3", "--rate-limit-resource=core:4"} <= set(found.words)
    assert {"--model-control-mode=explicit", "--load-model=luke-qa"} <= set(found.words)
    assert found.environment["PATH"].startswith(f"{sys.prefix}/triton/bin")
    assert "PYTHONPATH" not in found.environment


def test_the_containers_ports_are_published_on_loopback_only() -> None:
    words = container("podman", PLACE, cores=4).words
    assert [word for word in words if word.startswith("--publish")] == [
        "--publish=127.0.0.1:1:8000",
        "--publish=127.0.0.1:2:8001",
        "--publish=127.0.0.1:3:8002",
    ]
    assert "--volume=/store/triton:/models" in words
    assert words.index("luke-qa-triton") < words.index("--model-repository=/models")


@pytest.mark.parametrize("has_image", [True, False])
def test_the_container_is_preferred(has_image: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "find_image", lambda: "docker" if has_image else None)
    monkeypatch.setattr(command, "_installed", lambda: Path("/server"))
    assert find_command(PLACE, 1).words[0] == ("docker" if has_image else "/server/bin/tritonserver")


def test_without_either_a_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "find_image", lambda: None)
    monkeypatch.setattr(command, "_installed", lambda: None)
    with pytest.raises(TritonError, match="make setup-triton"):
        find_command(PLACE, 1)
