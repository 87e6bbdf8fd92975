"""Small real things, built once: a tokenizer, a tiny checkpoint, what runs on it, and a TorchServe."""

import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import settings as hypothesis_settings

from luke_qa.engine import Engine
from luke_qa.service import Service
from luke_qa.settings import Settings
from luke_qa.tokenizer import Tokenizer
from ops.archive import build_archive
from ops.instance import Instance, free_ports
from ops.layout import MODEL_NAME
from ops.profiles import Profile, read_model_config
from ops.server import make_instance, start, stop
from tests.support.checkpoints import EMBEDDED, TINY, TOKENIZER_FILE, write_checkpoint

torch.set_num_threads(1)  # faster than more for tiny tensors, and kind to what else runs here

# A shell that runs the tests in the background lets them ignore it, and their children with them.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The machine may be busy: no example fails for being slow. The same examples every time.
hypothesis_settings.register_profile("luke_qa", deadline=None, derandomize=True, max_examples=60)
hypothesis_settings.load_profile("luke_qa")


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(TOKENIZER_FILE)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny checkpoint; read only."""
    return write_checkpoint(tmp_path_factory.mktemp("checkpoint") / "tiny", TINY)


@pytest.fixture
def own_checkpoint(checkpoint: Path, tmp_path: Path) -> Path:
    """A copy of the tiny checkpoint to be changed."""
    return Path(shutil.copytree(checkpoint, tmp_path / "own"))


@pytest.fixture(scope="session")
def engine(checkpoint: Path) -> Engine:
    return Engine.from_checkpoint(checkpoint, device="cpu")


@pytest.fixture(scope="session")
def service(engine: Engine) -> Service:
    return Service(engine, Settings())


@pytest.fixture
def make_service(engine: Engine) -> Callable[..., Service]:
    """A service with other settings over the tiny engine."""
    return lambda **settings: Service(engine, Settings(**settings))


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded checkpoint, packaged so that requests which come together share a batch, as on a GPU."""
    path = tmp_path_factory.mktemp("model_store") / f"{MODEL_NAME}.mar"
    config = read_model_config(Profile.CPU) | {"batchSize": 16, "maxBatchDelay": 5}
    build_archive(EMBEDDED, None, path, model_config=config)
    return path


@pytest.fixture(scope="session")
def server(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A server that every test may ask and none may break."""
    home = tmp_path_factory.mktemp("server")
    instance = make_instance(home, free_ports())
    start(instance, archive, home / "logs")
    yield instance
    stop(instance)
