"""``python -m training.evaluate``."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from luke_qa.checkpoint import open_checkpoint
from luke_qa.choices import EndLabel
from ops.hub import CARD_REPO
from ops.lockfile import Lock, lock_path, sha256, write_lock
from tests.support.checkpoints import edit_config
from tests.support.paragraphs import TOWN, paragraph, write_jsonl
from training import evaluate


@pytest.fixture
def data(tmp_path: Path) -> Path:
    unanswerable = paragraph("青橋町", "町の橋は木でできている。", ("橋は誰が造りましたか", ""))
    return write_jsonl(tmp_path / "town.jsonl", [*TOWN, unanswerable])


@pytest.fixture
def enough(tmp_path: Path) -> Path:
    """As many questions as calibration needs."""
    towns = [replace(town, context=f"{town.context}{block}番地。") for block in range(3) for town in TOWN]
    return write_jsonl(tmp_path / "towns.jsonl", towns)


def test_the_report_has_every_measure(
    checkpoint: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "report.json"
    assert evaluate.main(["--data", str(data), "--checkpoint", str(checkpoint), "--json", str(output)]) == 0
    printed = capsys.readouterr().out
    for part in ("characters (JGLUE)", "card (token positions)", "random span", "いつ", "AUROC", "ranking", "ECE"):
        assert part in printed
    assert "place_score  right place" in printed
    assert "confidence" not in printed  # the checkpoint has no thresholds
    report = json.loads(output.read_text("utf-8"))
    by_label = {row["label"]: row for row in report["rows"]}
    assert by_label["characters (JGLUE)"]["count"] == 8
    assert by_label["with no answer (2.0)"]["count"] == 9
    assert report["no_answer"]["pairs"] == 8
    assert report["ranking"]["paragraphs"] == 5
    assert len(report["calibrations"]) == 1
    assert open_checkpoint(checkpoint).fitted.temperature == 1.0


def test_too_few_questions_calibrate_nothing(
    own_checkpoint: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (own_checkpoint / "config.json").read_bytes()
    assert evaluate.main(["--data", str(data), "--checkpoint", str(own_checkpoint), "--calibrate"]) == 1
    assert capsys.readouterr().err.startswith("Nothing was measured. Calibration needs at least 20 questions")
    assert (own_checkpoint / "config.json").read_bytes() == before


def test_what_is_fitted_is_stored_and_reported_from_then_on(
    own_checkpoint: Path, enough: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--data", str(enough), "--checkpoint", str(own_checkpoint), "--pairs", "5"]
    assert evaluate.main([*arguments, "--calibrate"]) == 0
    fitted = capsys.readouterr().out
    thresholds = open_checkpoint(own_checkpoint).fitted.thresholds
    assert thresholds is not None
    assert f"confidence: high from place_score {thresholds.high:g}" in fitted
    assert evaluate.main(arguments) == 0
    later = capsys.readouterr().out
    assert later[later.index("calibration of place_score") :].strip() in fitted


def test_a_fitted_temperature_is_stored_and_lowers_the_loss(own_checkpoint: Path, enough: Path, tmp_path: Path) -> None:
    output = tmp_path / "report.json"
    arguments = ["--data", str(enough), "--checkpoint", str(own_checkpoint), "--json", str(output), "--pairs", "5"]
    assert evaluate.main([*arguments, "--fit-temperature"]) == 0  # the option's older name
    before, after = json.loads(output.read_text("utf-8"))["calibrations"]
    assert after["log_loss"] <= before["log_loss"]
    assert open_checkpoint(own_checkpoint).fitted.temperature == pytest.approx(after["temperature"], abs=1e-3)


def test_a_limit_bounds_the_questions(checkpoint: Path, data: Path, tmp_path: Path) -> None:
    output = tmp_path / "report.json"
    arguments = ["--data", str(data), "--checkpoint", str(checkpoint), "--json", str(output)]
    assert evaluate.main([*arguments, "--limit", "3", "--pairs", "2"]) == 0
    report = json.loads(output.read_text("utf-8"))
    assert sum(row["count"] for row in report["rows"] if row["group"] == "question") <= 3
    assert report["no_answer"]["pairs"] == report["ranking"]["questions"] == 2


def test_an_end_label_that_is_not_declared_must_be_given(
    own_checkpoint: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit_config(own_checkpoint, remove="luke_qa")
    arguments = ["--data", str(data), "--checkpoint", str(own_checkpoint), "--limit", "2", "--pairs", "2"]
    assert evaluate.main(arguments) == 1
    assert "end label" in capsys.readouterr().err
    assert evaluate.main([*arguments, "--end-label", "inclusive"]) == 0


def test_the_cards_checkpoint_is_known_by_its_lock(own_checkpoint: Path, enough: Path) -> None:
    edit_config(own_checkpoint, remove="luke_qa")
    digests = {file.name: sha256(file) for file in own_checkpoint.iterdir()}
    write_lock(Lock(CARD_REPO, "main", "0" * 40, digests), lock_path(own_checkpoint))
    arguments = ["--data", str(enough), "--checkpoint", str(own_checkpoint), "--pairs", "5"]
    assert evaluate.main([*arguments, "--calibrate"]) == 0
    # The lock does not match the changed files, so the configuration declares the end label.
    assert open_checkpoint(own_checkpoint).end_label is EndLabel.EXCLUSIVE


def test_a_path_that_is_no_checkpoint_is_named(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate.main(["--data", str(data), "--checkpoint", str(tmp_path / "none")]) == 1
    assert "none is not a checkpoint directory" in capsys.readouterr().err
