"""Plots of runs."""

import json
from pathlib import Path

import pytest

from training.pretraining.plot import draw, points


@pytest.fixture
def run(tmp_path: Path) -> Path:
    lines = [
        {"tokens_m": 0.5, "span": 4.2},
        {"tokens_m": 1.0, "span": 3.1, "dev_f1": 20.0},
        {"tokens_m": 2.0, "dev_f1": 31.5},
    ]
    (tmp_path / "curve.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return tmp_path


def test_only_lines_with_the_key_are_points(run: Path) -> None:
    assert points(run, "dev_f1") == [(1.0, 20.0), (2.0, 31.5)]


def test_runs_are_plotted_as_a_png(run: Path, tmp_path: Path) -> None:
    draw([("one", run), ("other", run)], "span", tmp_path / "span.png")
    assert (tmp_path / "span.png").read_bytes().startswith(b"\x89PNG")


def test_a_key_that_no_line_has_is_named(run: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"curve\.jsonl has no dev_em"):
        draw([("one", run)], "dev_em", tmp_path / "none.png")
