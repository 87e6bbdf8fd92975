"""Reports as Markdown."""

import json
import sys
from pathlib import Path

import pytest

from bench import report

LOAD = {"load": 0.1, "requests": 40, "failed": 1, "goodput": 4.0, "p50": 20.0, "p95": 40.0, "p99": 60.0, "p999": 61.0}
SPEED = {"spread": 0.1, "windows_per_second": 1.0, "tokens_per_second": 2.0, "share": 0.5}
REPORTS = {
    "forward.json": {
        "device": "x86_64",
        "threads": 2,
        "torch": "2",
        "transformers": "4",
        "config": {"hidden_size": 768, "num_hidden_layers": 12},
        "agreement": [{"name": "torch float32", "max_difference": 4e-6, "relative_norm": 1e-6}],
        "speed": [
            {"name": name, "windows": windows, "ratio": ratio, **SPEED}
            for windows in ("mix", "1 x 64")
            for name, ratio in (("reference", 1.0), ("torch float32", 1.5))
        ],
    },
    "served.json": {
        "name": "embedded, torch",
        "engine": {"engine": "torch", "dtype": "float32"},
        "saturation": {"of_bare": 0.96, "same": 1.0},
        "alone": {"p50_over_bare_ms": 2.5},
        "recovery": {"burst_seconds": 5.0, "recovered_seconds": 3.25},
        "neighbour": {"p99_ratio": 2.0},
        "worker_megabytes": [450.0],
        "loads": [{**LOAD, "same": 1.0}, {**LOAD, "load": 0.5, "p99": 200.0, "same": 0.995}],
    },
    "other.json": {},
}


def test_every_report_becomes_its_tables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in REPORTS.items():
        (tmp_path / name).write_text(json.dumps(content), "utf-8")
    monkeypatch.setattr(sys, "argv", ["report", str(tmp_path)])
    assert report.main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert "| torch float32 | 1.50 (50%) | 1.50 (50%) |" in lines
    assert "| torch float32 | 4.0e-06 | 0.000 % |" in lines
    assert "| 50% | 40 | 1 | 1.0 | 2.0 | 10.0 | 99.5% |" in lines
    assert "| saturation (64 callers) / bare engine | 96% |" in lines
    assert "| a lone request, over the bare engine (p50) | 2.5 ms |" in lines
