"""A server behind a proxy: two workers, and requests one by one, as on a CPU."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.proxy import Server
from ops.archive import build_archive
from ops.instance import Instance, free_ports
from ops.layout import MODEL_NAME
from ops.profiles import Profile, read_model_config
from ops.server import make_instance, start, stop
from tests.integration.proxy.running import Control, Running, as_server, run_haproxy
from tests.support.checkpoints import EMBEDDED

WORKERS = 2


@pytest.fixture(scope="session")
def pair_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = tmp_path_factory.mktemp("pair") / f"{MODEL_NAME}.mar"
    config = read_model_config(Profile.CPU) | {"minWorkers": WORKERS, "maxWorkers": WORKERS}
    config["handler"] = {**config["handler"], "max_wait": 300}  # here it is the proxy that ends what waits too long
    build_archive(EMBEDDED, None, archive, model_config=config)
    return archive


@pytest.fixture(scope="session")
def behind(pair_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """The server behind the proxy, as in production; a test may stop its workers for a while."""
    home = tmp_path_factory.mktemp("behind")
    instance = make_instance(home, {**free_ports(), "production": "true"})
    start(instance, pair_archive, home / "logs")
    yield instance
    stop(instance)


@pytest.fixture(scope="session")
def control() -> Iterator[Control]:
    control = Control()
    yield control
    control.close()


@pytest.fixture(scope="session")
def backend(behind: Instance, control: Control) -> Server:
    return as_server("a", behind, control, WORKERS)


@pytest.fixture(scope="session")
def proxy(backend: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A proxy that every test may ask and none may break, with the default limits and one page allowed."""
    directory = tmp_path_factory.mktemp("p")
    with run_haproxy(directory, servers=(backend,), origins=("https://pages.example",)) as running:
        yield running
