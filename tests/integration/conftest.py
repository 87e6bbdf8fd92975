"""A real TorchServe on free ports, serving the embedded checkpoint."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.archive import build_archive
from ops.instance import Instance, free_ports
from ops.layout import MODEL_NAME, ROOT
from ops.server import make_instance, start, stop

EMBEDDED = ROOT / "checkpoints" / "embedded"


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded checkpoint, packaged."""
    path = tmp_path_factory.mktemp("model_store") / f"{MODEL_NAME}.mar"
    build_archive(EMBEDDED, None, path)
    return path


@pytest.fixture(scope="session")
def server(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A server that every test may ask and none may break."""
    home = tmp_path_factory.mktemp("server")
    instance = make_instance(home, free_ports())
    start(instance, archive, home / "logs")
    yield instance
    stop(instance)


@pytest.fixture
def own_instance(tmp_path: Path) -> Iterator[Instance]:
    """A server that a test may start, break and stop."""
    instance = make_instance(tmp_path / "home", free_ports())
    yield instance
    stop(instance)


@pytest.fixture(scope="session")
def url(server: Instance) -> str:
    return f"{server.inference_url}/predictions/{MODEL_NAME}"


@pytest.fixture(scope="session")
def grpc_target(server: Instance) -> str:
    return f"127.0.0.1:{server.properties['grpc_inference_port']}"
