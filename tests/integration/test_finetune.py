"""Fine-tune the embedded checkpoint on a domain, and answer from the archive that a server would load."""

import json
import shutil
from pathlib import Path

import pytest

from luke_qa.engine import Engine
from luke_qa.service import Received, Service
from luke_qa.settings import Settings
from luke_qa_client.metrics import score_answers
from ops.archive import build_archive
from ops.layout import MODEL_NAME
from tests.support.checkpoints import EMBEDDED
from tests.support.manuals import make_manuals
from tests.support.paragraphs import write_jsonl
from training import finetune
from training.data.qa_data import Paragraph


def answer(service: Service, question: str, context: str) -> str:
    body = json.dumps({"question": question, "context": context}).encode()
    (response,) = service.answer([Received({"body": body}, "mine")])
    return str(json.loads(response.body)["answer"])


def exact_match(checkpoint: Path, paragraphs: list[Paragraph]) -> float:
    service = Service(Engine.from_checkpoint(checkpoint, device="cpu"), Settings())
    return score_answers(
        (answer(service, question.text, paragraph.context), [known.text for known in question.answers])
        for paragraph in paragraphs
        for question in paragraph.questions
    ).exact_match


@pytest.mark.filterwarnings("ignore:mtime may not be reliable")  # transformers warns in epochs of a few milliseconds
def test_the_embedded_checkpoint_learns_a_domain_and_its_archive_knows_it(tmp_path: Path) -> None:
    train = write_jsonl(tmp_path / "train.jsonl", make_manuals(200, seed=1))
    dev = write_jsonl(tmp_path / "dev.jsonl", make_manuals(20, seed=3))
    out, archive = tmp_path / "out", tmp_path / "store" / f"{MODEL_NAME}.mar"
    paths = ["--base", str(EMBEDDED), "--train", str(train), "--dev", str(dev), "--out", str(out)]
    assert finetune.main([*paths, "--epochs", "1", "--rate", "2e-4"]) == 0
    build_archive(out, None, archive)
    shutil.unpack_archive(archive, tmp_path / "served", "zip")

    held_out = make_manuals(50, seed=2)
    assert exact_match(tmp_path / "served", held_out) > exact_match(EMBEDDED, held_out) + 0.1
