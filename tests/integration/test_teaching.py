"""The page "Teach it your texts", from corrections to a better answer."""

import json
from pathlib import Path

import pytest

from luke_qa_client._cli import main as luke_qa
from luke_qa_client._ui.documents import Document
from luke_qa_client._ui.feedback import FeedbackFile, Verdict, to_lines
from luke_qa_client.evaluation import read_questions
from ops.archive import build_archive
from ops.instance import Instance
from ops.layout import MODEL_NAME
from ops.server import start
from tests.support.checkpoints import EMBEDDED
from tests.support.manuals import make_manuals
from tests.support.paragraphs import write_jsonl
from training import evaluate, finetune

CORRECTIONS = 10


def measure(server: Instance, data: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[float, float]:
    """Run ``luke-qa eval``; return exact match and F1 in percent."""
    capsys.readouterr()
    assert luke_qa(["eval", str(data), "--json", "--url", server.inference_url, *options]) == 0
    row = json.loads(capsys.readouterr().out)["rows"][0]
    return row["exact_match"], row["f1"]


def correct(wrong: Path, corrections: Path) -> None:
    """Mark the right answer of each question, as a visitor of the page does."""
    feedback = FeedbackFile(corrections)
    for paragraph in read_questions(wrong):
        (question,) = paragraph.questions
        answer, documents = question.answers[0], [Document(paragraph.context)]
        verdict = Verdict(0, answer.start, answer.start + len(answer.text))
        feedback.give(question.id, to_lines(question.id, question.text, documents, verdict))


def halves(file: Path) -> tuple[Path, Path]:
    lines = file.read_text("utf-8").splitlines(keepends=True)[:CORRECTIONS]
    found = file.with_name("shown.jsonl"), file.with_name("kept.jsonl")
    for half, part in zip(found, (lines[::2], lines[1::2]), strict=True):
        half.write_text("".join(part), "utf-8")
    return found


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:mtime may not be reliable")  # transformers warns in epochs of a few milliseconds
def test_ten_corrections_teach_it_to_read_manuals(
    server: Instance, own_instance: Instance, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = write_jsonl(tmp_path / "asked.jsonl", make_manuals(50, seed=4))
    held_out = write_jsonl(tmp_path / "held_out.jsonl", make_manuals(50, seed=2))
    dev = write_jsonl(tmp_path / "dev.jsonl", make_manuals(20, seed=3))

    # Half of the corrections are marked on the page, the others come from a file with the right answers.
    wrong, corrections = tmp_path / "wrong.jsonl", tmp_path / "corrections.jsonl"
    measure(server, asked, capsys, "--show-wrong", str(wrong))
    shown, kept = halves(wrong)
    correct(shown, corrections)
    taught = [paragraph for file in (corrections, kept) for paragraph in read_questions(file)]
    assert len(taught) == CORRECTIONS

    out = tmp_path / "mine"
    paths = ["--base", str(EMBEDDED), "--train", str(corrections), str(kept), "--dev", str(dev), "--out", str(out)]
    assert finetune.main([*paths, "--epochs", "10", "--rate", "1e-4", "--batch", "2"]) == 0
    calibrating = ["--data", str(dev), "--checkpoint", str(out), "--pairs", "20", "--calibrate"]
    assert evaluate.main(calibrating) == 0
    archive = tmp_path / "store" / f"{MODEL_NAME}.mar"
    build_archive(out, None, archive)
    start(own_instance, archive, tmp_path / "logs")

    before, after = measure(server, held_out, capsys), measure(own_instance, held_out, capsys)
    with capsys.disabled():
        print(f"\nheld out, before: {before}, after: {after}")
    assert after[1] > before[1] + 20
