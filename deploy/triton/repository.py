"""Build the model repository that Triton loads: the content of the archive, Triton's glue and its configuration.

    model_store/triton/luke-qa/config.pbtxt
                               warmup/request    the question that each instance answers first
                               1/                model.py, the checkpoint, the code and model-config.yaml

The archive is the one of ``make archive``, and the same archive on an equal machine gives the same bytes.
"""

import json
import shutil
import struct
import tempfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any, Final

import yaml

from deploy.triton.config import Machine, write_config
from ops.asking import EXAMPLES
from ops.layout import MODEL_NAME, MODEL_STORE
from ops.profiles import MODEL_CONFIG

REPOSITORY: Final = MODEL_STORE / "triton"
GLUE: Final = Path(__file__).parent / "model.py"
CONFIG: Final = "config.pbtxt"
FIRST: Final = 1  # the version of a repository that has just been built

_NOT_FOR_TRITON: Final = ("MAR-INF/*", "luke_qa_handler.py")


def build_repository(archive: Path, repository: Path, machine: Machine, *, gpu: bool) -> Path:
    """Write the model of ``archive`` into ``repository``, whole or not at all, and return its directory.

    Raises:
        SettingsError: the archive's model-config.yaml has a wrong setting.
    """
    repository.mkdir(parents=True, exist_ok=True)
    model = repository / MODEL_NAME
    with tempfile.TemporaryDirectory(prefix=".build-", dir=repository.parent) as scratch:
        made = Path(scratch) / MODEL_NAME
        version = write_version(archive, made, FIRST)
        config = write_config(_read_model_config(version), machine, gpu=gpu)
        (made / CONFIG).write_text(config, "utf-8")
        _write_warmup(made / "warmup")
        if model.exists():
            model.replace(Path(scratch) / "old")  # what a running server has open stays as it was
        made.replace(model)
    return model


def write_version(archive: Path, model: Path, number: int) -> Path:
    """Write the content of ``archive`` as a version of ``model``, whole or not at all, and return its directory."""
    model.mkdir(parents=True, exist_ok=True)
    version = model / str(number)
    with tempfile.TemporaryDirectory(prefix=".version-", dir=model.parent) as scratch:
        content = Path(scratch) / "content"
        with zipfile.ZipFile(archive) as packed:
            for name in packed.namelist():
                if not any(PurePosixPath(name).match(pattern) for pattern in _NOT_FOR_TRITON):
                    packed.extract(name, content)
        shutil.copyfile(GLUE, content / GLUE.name)
        content.replace(version)
    return version


def _read_model_config(version: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((version / MODEL_CONFIG.name).read_text("utf-8"))
    return content


def _write_warmup(directory: Path) -> None:
    """Write a request as Triton stores a string: its length in 4 bytes, and its bytes."""
    directory.mkdir()
    example = EXAMPLES[0]
    request = json.dumps({"question": example.question, "context": example.context}, ensure_ascii=False).encode()
    (directory / "request").write_bytes(struct.pack("<I", len(request)) + request)
