"""The model's config.pbtxt: from model-config.yaml, the fields of the wire and the machine.

Source: https://github.com/triton-inference-server/common/blob/main/protobuf/model_config.proto
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from luke_qa.schema import NativeRequest
from luke_qa.settings import read_settings
from luke_qa.tensors import WHOLE
from luke_qa.workers import count_workers
from ops.layout import MODEL_NAME

_TYPES: Final = {"integer": "TYPE_INT64", "number": "TYPE_FP64", "boolean": "TYPE_BOOL", "string": "TYPE_STRING"}
_TEXTS: Final = ("question", "context")  # of any number of elements


@dataclass(frozen=True, slots=True)
class Input:
    """An input of the model; ``size`` is the number of elements in a row, -1 for any."""

    name: str
    type: str
    size: int


@dataclass(frozen=True, slots=True)
class Machine:
    """What the server will run on."""

    cores: int
    gpus: int


def write_config(model_config: Mapping[str, Any], machine: Machine, *, gpu: bool) -> str:
    """Return the text of config.pbtxt.

    Raises:
        SettingsError: model-config.yaml has a wrong setting.
    """
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # it is no HTML
    )
    batch_size = int(model_config["batchSize"])
    workers = count_workers(model_config, machine.cores, machine.gpus)
    return templates.get_template("config.pbtxt.j2").render(
        name=MODEL_NAME,
        profile="GPU" if gpu else "CPU",
        gpu=gpu,
        batch_size=batch_size,
        # Nobody waits for company that is not allowed.
        delay_us=1000 * int(model_config["maxBatchDelay"]) if batch_size > 1 else 0,
        max_wait_us=round(1e6 * read_settings(model_config.get("handler")).max_wait),
        queue_size=int(model_config["jobQueueSize"]),
        inputs=list(read_inputs()),
        # Triton starts this many on each GPU.
        instances=max(1, workers // max(1, machine.gpus)) if gpu else workers,
    )


def read_inputs() -> Iterator[Input]:
    """Yield the inputs: the whole request, and every field of the wire that has a plain type."""
    yield Input(WHOLE, "TYPE_STRING", 1)
    for name, field in NativeRequest.model_json_schema()["properties"].items():
        kinds = {each.get("type") for each in field.get("anyOf", [field])} & _TYPES.keys()
        if len(kinds) == 1:
            yield Input(name, _TYPES[kinds.pop()], -1 if name in _TEXTS else 1)
