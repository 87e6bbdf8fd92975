"""``python -m training.finetune``, from a base to an archive."""

import json
from pathlib import Path

import pytest
import safetensors.torch
import torch

from luke_qa.checkpoint import open_checkpoint
from luke_qa.choices import EndLabel
from ops.reader import Reader
from tests.support.checkpoints import edit_config, edit_weights
from tests.support.paragraphs import TOWN, write_jsonl
from training import finetune
from training.evaluation.outcomes import as_asked, overall, score_outcomes
from training.finetuning.trainer import QuestionTrainer

# In epochs of a few milliseconds, transformers doubts the file system's clock.
pytestmark = pytest.mark.filterwarnings("ignore:mtime may not be reliable")


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return write_jsonl(tmp_path / "town.jsonl", TOWN)


def run(base: Path, train: Path, dev: Path, out: Path, *more: str) -> int:
    paths = ["--base", str(base), "--train", str(train), "--dev", str(dev), "--out", str(out)]
    return finetune.main([*paths, *more])


def test_a_tiny_base_learns_what_it_is_shown(checkpoint: Path, town: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(checkpoint, town, town, out, "--epochs", "20", "--rate", "2e-3", "--batch", "2") == 0
    curve = [json.loads(line) for line in (out / "curve.jsonl").read_text("utf-8").splitlines()]
    losses = [entry["loss"] for entry in curve if "loss" in entry]
    figures = [entry["eval_f1"] for entry in curve if "eval_f1" in entry]
    assert losses[-1] < losses[0]
    assert len(figures) == 20
    # The best epoch is kept, and it answers as it did in training.
    score = overall(score_outcomes(TOWN, Reader.open(out, "cpu", "float32").answer(as_asked(TOWN))))
    assert 100 * score.f1 == pytest.approx(max(figures), abs=0.01)


def test_several_files_are_learnt_from_together(
    checkpoint: Path, town: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corrections = write_jsonl(tmp_path / "corrections.jsonl", TOWN[:1])
    paths = ["--base", str(checkpoint), "--dev", str(town), "--out", str(tmp_path / "out")]
    assert finetune.main([*paths, "--train", str(town), str(corrections), "--epochs", "1"]) == 0
    questions = sum(len(paragraph.questions) for paragraph in (*TOWN, TOWN[0]))
    assert f"{questions} windows" in capsys.readouterr().out


def test_the_checkpoint_has_the_bases_layout(own_checkpoint: Path, town: Path, tmp_path: Path) -> None:
    edit_config(own_checkpoint, luke_qa={"end_label": "inclusive", "temperature": 2.0})
    out = tmp_path / "out"
    assert run(own_checkpoint, town, town, out, "--epochs", "1") == 0
    made = open_checkpoint(out)
    assert (made.end_label, made.fitted.temperature) == (EndLabel.EXCLUSIVE, 1.0)
    names = {file.name for file in out.iterdir()}
    assert names == {file.name for file in own_checkpoint.iterdir()} | {"curve.jsonl"}
    for name in ("sentencepiece.bpe.model", "tokenizer_config.json", "entity_vocab.json"):
        assert (out / name).read_bytes() == (own_checkpoint / name).read_bytes()


@pytest.mark.parametrize("prefix", ["luke.", ""])
def test_a_base_that_was_only_pretrained_gets_a_span_head(
    own_checkpoint: Path, town: Path, tmp_path: Path, prefix: str
) -> None:
    """Bases as LukeForMaskedLM and LukeModel save them."""

    def without_head(tensors: dict[str, torch.Tensor]) -> None:
        for name in list(tensors):
            tensor = tensors.pop(name)
            if name.startswith("luke."):
                tensors[prefix + name.removeprefix("luke.")] = tensor

    edit_weights(own_checkpoint, without_head)
    edit_config(own_checkpoint, remove="luke_qa", architectures=["LukeForMaskedLM" if prefix else "LukeModel"])
    out = tmp_path / "out"
    assert run(own_checkpoint, town, town, out, "--epochs", "1", "--rate", "0") == 0
    made = safetensors.torch.load_file(out / "model.safetensors")
    assert made["qa_outputs.weight"].any()
    base = safetensors.torch.load_file(own_checkpoint / "model.safetensors")
    name = "embeddings.word_embeddings.weight"
    assert made[f"luke.{name}"].equal(base[prefix + name].float())
    assert json.loads((out / "config.json").read_text("utf-8"))["architectures"] == ["LukeForQuestionAnswering"]


def test_an_interrupted_run_resumes_from_its_last_epoch(
    checkpoint: Path, town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, evaluate, calls = tmp_path / "out", QuestionTrainer.evaluate, list[QuestionTrainer]()

    def stop_at_the_second(trainer: QuestionTrainer, *args: object, **options: object) -> object:
        calls.append(trainer)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return evaluate(trainer, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(QuestionTrainer, "evaluate", stop_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        run(checkpoint, town, town, out, "--epochs", "3")
    assert not (out / "config.json").exists()
    assert run(checkpoint, town, town, out, "--epochs", "3") == 0
    assert len(calls) == 4  # the first epoch was not repeated
    curve = [json.loads(line) for line in (out / "curve.jsonl").read_text("utf-8").splitlines()]
    assert [entry["epoch"] for entry in curve if "eval_f1" in entry] == [1.0, 2.0, 3.0]


def test_data_without_questions_is_refused(
    checkpoint: Path, town: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = write_jsonl(tmp_path / "empty.jsonl", [])
    assert run(checkpoint, empty, town, tmp_path / "out") == 1
    assert "empty.jsonl contains no questions" in capsys.readouterr().err
