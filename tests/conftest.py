"""Small real things, built once: a tokenizer, a tiny checkpoint, and what runs on it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import settings as hypothesis_settings

from luke_qa.engine import Engine
from luke_qa.service import Service
from luke_qa.settings import Settings
from luke_qa.tokenizer import Tokenizer
from tests.support.checkpoints import TINY, TOKENIZER_FILE, write_checkpoint

torch.set_num_threads(1)  # faster than more for tiny tensors, and kind to what else runs here

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
