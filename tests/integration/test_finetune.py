"""Fine-tune the embedded checkpoint on a domain and serve the result."""

from pathlib import Path

import pytest

from luke_qa_client import LukeQAClient
from luke_qa_client.metrics import score_answers
from ops.archive import build_archive
from ops.instance import Instance
from ops.layout import MODEL_NAME
from ops.server import start
from tests.support.checkpoints import EMBEDDED
from tests.support.manuals import make_manuals
from tests.support.paragraphs import write_jsonl
from training import finetune
from training.data.qa_data import Paragraph


def exact_match(server: Instance, paragraphs: list[Paragraph]) -> float:
    with LukeQAClient(server.inference_url) as client:
        return score_answers(
            (client.ask(question.text, paragraph.context).answer, [answer.text for answer in question.answers])
            for paragraph in paragraphs
            for question in paragraph.questions
        ).exact_match


@pytest.mark.filterwarnings("ignore:mtime may not be reliable")  # transformers warns in epochs of a few milliseconds
def test_the_embedded_checkpoint_learns_a_domain_and_serves_it(
    server: Instance, own_instance: Instance, tmp_path: Path
) -> None:
    train = write_jsonl(tmp_path / "train.jsonl", make_manuals(200, seed=1))
    dev = write_jsonl(tmp_path / "dev.jsonl", make_manuals(20, seed=3))
    out, archive = tmp_path / "out", tmp_path / "store" / f"{MODEL_NAME}.mar"
    paths = ["--base", str(EMBEDDED), "--train", str(train), "--dev", str(dev), "--out", str(out)]
    assert finetune.main([*paths, "--epochs", "1", "--rate", "2e-4"]) == 0
    build_archive(out, None, archive)
    start(own_instance, archive, tmp_path / "logs")

    held_out = make_manuals(50, seed=2)
    assert exact_match(own_instance, held_out) > exact_match(server, held_out) + 0.1
