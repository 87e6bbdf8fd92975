"""The glue: what it makes of Triton's requests, and of the service's responses."""

import json
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import yaml

from deploy.triton.config import Machine
from deploy.triton.repository import build_repository
from luke_qa.errors import RequestError
from ops.archive import build_archive
from tests.support.wire import CONTEXT, NATIVE, QUESTION
from tests.unit.deploy.triton.backend import InferenceResponse, Request, TritonError, TritonModelException


@pytest.fixture(scope="module")
def version(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version of the tiny checkpoint, as Triton finds it."""
    home = tmp_path_factory.mktemp("repository")
    build_archive(checkpoint, None, home / "luke-qa.mar")
    return build_repository(home / "luke-qa.mar", home / "triton", Machine(cores=1, gpus=0), gpu=False) / "1"


def arguments(version: Path, **more: str) -> dict[str, str]:
    given = {"model_repository": str(version.parent), "model_version": version.name, "model_name": "luke-qa"}
    return {**given, "model_instance_kind": "CPU", "model_instance_device_id": "0", **more}


@pytest.fixture(scope="module")
def model(glue: ModuleType, version: Path) -> Any:
    model = glue.TritonPythonModel()
    model.initialize(arguments(version))
    return model


def whole(*rows: object, **more: Any) -> Request:
    return Request({"request": [[json.dumps(row).encode()] for row in rows]}, **more)


def read(response: InferenceResponse) -> list[tuple[int, Any]]:
    """Status and body of every row."""
    body, status = (tensor.values for tensor in response.output_tensors)
    assert (body.dtype, status.dtype) == (object, np.int32)
    assert body.shape == status.shape == (len(body), 1)
    return [(int(code), json.loads(text)) for (code,), (text,) in zip(status, body, strict=True)]


def test_each_request_gets_its_rows_back(model: Any) -> None:
    replies = model.execute([whole(NATIVE), whole(NATIVE, {**NATIVE, "top_k": 0}), whole("no object")])
    assert [[status for status, _ in read(reply)] for reply in replies] == [[200], [200, 400], [400]]
    assert read(replies[1])[1][1]["field"] == "top_k"


def test_fields_are_inputs_of_their_own(model: Any) -> None:
    fields: dict[str, Any] = {"question": [[QUESTION.encode()]], "context": [[CONTEXT.encode(), b"x"]], "top_k": [[2]]}
    (answered,) = model.execute([Request(fields, id="mine")])
    ((status, body),) = read(answered)
    assert (status, len(body["answers"]), body["request_id"]) == (200, 2, "mine")
    (refused,) = model.execute([Request({**fields, "handle_impossible_answer": [[3]]})])
    assert read(refused)[0][1]["field"] == "handle_impossible_answer"


def test_text_that_is_no_utf_8_is_refused(model: Any) -> None:
    broken = Request({"question": [[b"\xff"]], "context": [[CONTEXT.encode()]]})
    replies = model.execute([broken, Request({"request": [[b"\xff"]]}), whole(NATIVE)])
    assert [[status for status, _ in read(reply)] for reply in replies] == [[400], [400], [200]]


def test_a_cancelled_request_is_not_computed_and_harms_nobody(model: Any) -> None:
    left = whole(NATIVE, cancelled=True)
    cancelled, answered = model.execute([left, whole(NATIVE)])
    assert left.asked == [True]
    assert (cancelled.error.code, cancelled.output_tensors) == (TritonError.CANCELLED, ())
    assert read(answered)[0][0] == 200


def test_outcomes_are_counted(model: Any) -> None:
    counters = model._family.counters
    assert counters.keys() == {"ok", *(error.type for error in RequestError.__subclasses__())}
    before = counters["ok"].value
    model.execute([whole(NATIVE), whole(NATIVE, NATIVE)])
    assert counters["ok"].value == before + 3


def test_a_proxys_headers_reach_the_service(model: Any) -> None:
    (reply,) = model.execute([whole(NATIVE, headers=json.dumps({"X-Request-Start": f"t={time.time() - 100}"}))])
    ((status, body),) = read(reply)
    assert (status, body["type"]) == (504, "queue_timeout")  # max_wait is shorter


@pytest.mark.parametrize(
    ("setting", "kind", "number", "device"),
    [
        ("auto", "CPU", "0", "cpu"),
        ("auto", "GPU", "1", "cuda:1"),
        ("cuda", "GPU", "1", "cuda:1"),
        ("cuda:0", "GPU", "1", "cuda:0"),
        ("cpu", "GPU", "1", "cpu"),
    ],
)
def test_an_instance_computes_on_its_device(
    glue: ModuleType, setting: str, kind: str, number: str, device: str
) -> None:
    assert glue._device(setting, {"model_instance_kind": kind, "model_instance_device_id": number}) == device


def test_a_wrong_setting_is_named(glue: ModuleType, version: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "1"
    wrong.mkdir()
    for file in version.iterdir():
        (wrong / file.name).symlink_to(file)
    (wrong / "model-config.yaml").unlink()
    (wrong / "model-config.yaml").write_text(yaml.safe_dump({"handler": {"dtypes": "float32"}}), "utf-8")
    with pytest.raises(TritonModelException, match=r"cannot start: .*handler\.dtypes"):
        glue.TritonPythonModel().initialize(arguments(wrong))
