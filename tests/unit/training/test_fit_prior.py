"""``python -m training.fit_prior``."""

from pathlib import Path

import pytest

from luke_qa.checkpoint import open_checkpoint
from tests.support.paragraphs import TOWN, write_jsonl
from training import fit_prior
from training.evaluation.shortlist import WEIGHTS


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(fit_prior, "_CHARACTERS", 100)
    monkeypatch.setattr(fit_prior, "_DOCUMENTS", 2)
    return write_jsonl(tmp_path / "town.jsonl", TOWN)


def test_the_weight_is_stored_beside_the_temperature(
    own_checkpoint: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = open_checkpoint(own_checkpoint)
    arguments = ["--data", str(data), "--checkpoint", str(own_checkpoint), "--questions", "2"]
    assert fit_prior.main([*arguments, "--work", str(tmp_path / "work")]) == 0
    after = open_checkpoint(own_checkpoint)
    assert after.fitted.prior_weight in WEIGHTS
    assert f"prior_weight {after.fitted.prior_weight:g} stored" in capsys.readouterr().out
    assert (after.fitted.temperature, after.end_label) == (before.fitted.temperature, before.end_label)
    read = sorted((tmp_path / "work").rglob("*.npz"))
    assert len(read) == 4
    assert fit_prior.main([*arguments, "--work", str(tmp_path / "work")]) == 0  # from what was read
    assert sorted((tmp_path / "work").rglob("*.npz")) == read


def test_without_questions_nothing_is_fitted(
    own_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = write_jsonl(tmp_path / "empty.jsonl", [])
    assert fit_prior.main(["--data", str(empty), "--checkpoint", str(own_checkpoint)]) == 1
    assert "Nothing was fitted." in capsys.readouterr().err
