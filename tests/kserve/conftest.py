"""KServe's real server, started once. `make test-kserve` installs it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.kserve.directory import write_directory
from deploy.kserve.server import PYTHON, Place, Ports, start, stop
from ops.archive import build_archive
from ops.layout import MODEL_NAME
from ops.ports import find_free_ports
from ops.profiles import Profile, read_model_config
from tests.kserve.served import QUEUE_SIZE, Served
from tests.support.checkpoints import EMBEDDED


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def sdk() -> Path:
    """The Python that has KServe's SDK."""
    if not PYTHON.exists():
        pytest.skip("KServe's SDK is not installed: run `make setup-kserve`.")
    return PYTHON


@pytest.fixture(scope="session")
def kserve(sdk: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with one instance of the embedded checkpoint."""
    home = tmp_path_factory.mktemp("kserve")
    config = {**read_model_config(Profile.CPU), "minWorkers": 1, "maxWorkers": 1, "jobQueueSize": QUEUE_SIZE}
    # Small passes, so that a cancelled request soon makes room; and time, since the machine may be busy.
    config["handler"] = {**config["handler"], "token_budget": 512, "time_limit": 600, "max_wait": 600}
    build_archive(EMBEDDED, None, home / f"{MODEL_NAME}.mar", model_config=config)
    place = Place(home, home / "model", Ports(*find_free_ports(2)))
    write_directory(home / f"{MODEL_NAME}.mar", place.directory)
    start(place)
    yield Served(place)
    stop(place)
