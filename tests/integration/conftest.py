"""The addresses of the real TorchServe, and one that a test may break."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.instance import Instance, free_ports
from ops.layout import CONFIG, MODEL_NAME
from ops.server import make_instance, start, stop
from tests.integration.guarded import QUEUE_SIZE, Guarded
from tests.support.archives import build_single


@pytest.fixture
def own_instance(tmp_path: Path) -> Iterator[Instance]:
    """A server that a test may start, break and stop."""
    instance = make_instance(tmp_path / "home", free_ports())
    yield instance
    stop(instance)


@pytest.fixture(scope="session")
def single(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive for one worker, for servers of which a test needs no more."""
    return build_single(tmp_path_factory.mktemp("single") / f"{MODEL_NAME}.mar")


@pytest.fixture(scope="session")
def url(server: Instance) -> str:
    return f"{server.inference_url}/predictions/{MODEL_NAME}"


@pytest.fixture(scope="session")
def grpc_target(server: Instance) -> str:
    return f"127.0.0.1:{server.properties['grpc_inference_port']}"


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A server with tokens on, a single worker and a short queue: one that a test may trouble, but leaves running."""
    home = tmp_path_factory.mktemp("guarded")
    archive = build_single(home / "store" / f"{MODEL_NAME}.mar", jobQueueSize=QUEUE_SIZE)
    # Its log tells when a worker takes a batch.
    telling = home / "log4j2.xml"
    telling.write_text((CONFIG / "log4j2.xml").read_text("utf-8").replace('level="warn"', 'level="info"'), "utf-8")
    overrides = {"disable_token_authorization": "false", "vmargs": f"-Xmx1g -Dlog4j.configurationFile={telling}"}
    instance = make_instance(home, {**free_ports(), **overrides})
    start(instance, archive, home / "logs")
    yield Guarded(instance)
    stop(instance)
