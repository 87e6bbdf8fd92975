"""The glue, with a stand-in for what Triton gives it."""

import importlib
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from tests.unit.deploy.triton import backend


@pytest.fixture(scope="session")
def glue() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "triton_python_backend_utils", backend)
        yield importlib.import_module("deploy.triton.model")
        sys.modules.pop("deploy.triton.model", None)
