"""A real Triton, started once. `make test-triton` installs it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.triton.command import TritonError, find_command
from deploy.triton.config import Machine
from deploy.triton.place import Place, Ports
from deploy.triton.repository import build_repository
from deploy.triton.server import start, stop
from ops.archive import build_archive
from ops.layout import MODEL_NAME
from ops.ports import find_free_ports
from ops.profiles import Profile, read_model_config
from tests.support.checkpoints import EMBEDDED
from tests.triton.served import BATCH_SIZE, QUEUE_SIZE, Served

ONE_WORKER = {"minWorkers": 1, "maxWorkers": 1, "batchSize": BATCH_SIZE, "maxBatchDelay": 1, "jobQueueSize": QUEUE_SIZE}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Package the embedded checkpoint for one worker, with these settings of the handler."""

    def build(**handler: Any) -> Path:
        path = tmp_path_factory.mktemp("archive") / f"{MODEL_NAME}.mar"
        config = {**read_model_config(Profile.CPU), **ONE_WORKER}
        # Small passes, so that a cancelled request soon makes room; and time, since the machine may be busy.
        config["handler"] = {**config["handler"], "token_budget": 512, "time_limit": 600, **handler}
        build_archive(EMBEDDED, None, path, model_config=config)
        return path

    return build


@pytest.fixture(scope="session")
def triton(package: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that a test may trouble, but leaves running."""
    home = tmp_path_factory.mktemp("triton")
    place = Place(home, home / "repository", Ports(*find_free_ports(3)))
    try:
        find_command(place, cores=1)
    except TritonError as error:
        pytest.skip(str(error))
    build_repository(package(), place.repository, Machine(cores=1, gpus=0), gpu=False)
    start(place)
    yield Served(place)
    stop(place)
