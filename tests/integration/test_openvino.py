"""The server with OpenVINO's graph in its archive."""

from pathlib import Path

import pytest
import requests

from luke_qa.choices import Backend
from luke_qa_client import LukeQAClient
from ops.archive import build_archive
from ops.instance import Instance
from ops.layout import MODEL_NAME
from ops.server import start
from tests.integration.test_wire import CONTEXT, QUESTION
from tests.support.checkpoints import EMBEDDED


def test_the_graph_answers_as_torch_does_and_says_so(server: Instance, own_instance: Instance, tmp_path: Path) -> None:
    archive = tmp_path / "store" / f"{MODEL_NAME}.mar"
    build_archive(EMBEDDED, None, archive, Backend.OPENVINO)
    start(own_instance, archive, tmp_path / "logs")
    answers = []
    for each in (server, own_instance):
        with LukeQAClient(each.inference_url) as client:
            answers.append(client.ask(QUESTION, [CONTEXT, CONTEXT * 40], top_k=3))
    for one, other in zip(*((answer.best, *answer.alternatives) for answer in answers), strict=True):
        assert (one.answer, one.document, one.start, one.end) == (other.answer, other.document, other.start, other.end)
        assert one.score == pytest.approx(other.score, abs=1e-4)
    described = [
        requests.get(f"{each.management_url}/models/{MODEL_NAME}?customized=true", timeout=30).json()[0]
        for each in (server, own_instance)
    ]
    assert [each["customizedMetadata"]["backend"] for each in described] == ["torch", "openvino"]
    assert "no graph" in described[0]["customizedMetadata"]["because"]
    assert "fastest" in described[1]["customizedMetadata"]["because"]
