"""Reports as Markdown and plots."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench import report

ORIGIN = {
    "date": "2026-01-02",
    "command": "python -m bench.something",
    "machine": {"processor": "P", "cores": 2, "flags": ["avx2"], "memory_gb": 24, "gpus": []},
    "versions": {"python": "3.11.7", "torch": "2"},
}
LOAD = {"load": 0.1, "requests": 40, "failed": 1, "goodput": 4.0, "p50": 20.0, "p95": 40.0, "p99": 60.0, "p999": 61.0}
SPEED = {"spread": 0.1, "windows_per_second": 1.0, "tokens_per_second": 2.0, "share": 0.5}
STAGES = {
    "prepare_seconds": 1.0,
    "compute_seconds": 6.0,
    "decode_seconds": 1.0,
    "queue_microseconds": 16e6,
    "batches": 10.0,
    "requests": 20.0,
}


def turn(of_bare: float) -> dict[str, Any]:
    return {
        "saturation": {"goodput": 10.0, "same": 1.0},
        "stages": STAGES,
        "of_bare": of_bare,
        "of_bare_in_one_process": 1.1,
        "alone_over_bare_ms": 2.5,
        "alone_over_bare_in_one_process_ms": 9.5,
    }


REPORTS: dict[str, dict[str, Any]] = {
    "forward.json": {
        "device": "cpu",
        "threads": 2,
        "config": {"hidden_size": 768, "num_hidden_layers": 12},
        "agreement": [{"name": "torch float32", "max_difference": 4e-6, "relative_norm": 1e-6}],
        "speed": [
            {"name": name, "windows": windows, "ratio": ratio, **SPEED}
            for windows in ("mix", "1 x 64")
            for name, ratio in (("reference", 1.0), ("torch float32", 1.5))
        ],
    },
    "served-torch.json": {
        "name": "embedded, torch",
        "described": {"backend": "torch", "dtype": "float32"},
        "layout": {"processes": 2, "threads": 1},
        "turns": [turn(0.9), turn(0.96), turn(1.5)],
        "recovery": {"burst_seconds": 5.0, "recovered_seconds": 3.25},
        "neighbour": {"p99_ratio": 2.0},
        "worker_megabytes": [450.0],
        "loads": [{**LOAD, "same": 1.0}, {**LOAD, "load": 0.5, "p99": 200.0, "same": 0.995}],
    },
    "cold_start.json": {"name": "real, torch", "ratio": 2.51, "turns": 5, "spread": {"server": 0.1, "script": 0.2}},
    "profile.json": {
        "dtype": "bfloat16",
        "int8": True,
        "threads": 1,
        "tokens": 384,
        "shares": {"FullyConnected": 0.875},
    },
    "other.json": {},
}


@pytest.fixture
def lines(tmp_path: Path) -> list[str]:
    for name, content in REPORTS.items():
        (tmp_path / name).write_text(json.dumps({**ORIGIN, **content}), "utf-8")
    report.write(tmp_path)
    return (tmp_path / "report.md").read_text("utf-8").splitlines()


def test_every_report_becomes_its_tables(lines: list[str]) -> None:
    assert "| torch float32 | 1.50 (50%) | 1.50 (50%) |" in lines
    assert "| torch float32 | 4.0e-06 | 0.000 % |" in lines
    assert "| 50% | 40 | 1 | 1.0 | 2.0 | 10.0 | 99.5% |" in lines
    assert "| saturation (64 callers) / bare engine in as many processes | 96% |" in lines
    assert "| latency of a lone request above the bare engine's (p50) | 2.5 ms |" in lines
    assert "| FullyConnected | 87.5% |" in lines
    assert any("takes 2.5 times as long as a script" in line for line in lines)


def test_the_time_of_a_request_is_that_of_the_queue_and_of_its_whole_batch(lines: list[str]) -> None:
    # 16 seconds in the queue; two requests a batch, so each second of a stage counts twice.
    assert (
        "| share of a request's time at saturation: queue, prepare, compute, decode | 50.0%, 6.2%, 37.5%, 6.2% |"
        in lines
    )


def test_the_machine_is_named_once_and_every_command(lines: list[str]) -> None:
    assert lines.count("2026-01-02, 2 cores of P (avx2), 24 GB, no GPU.") == 1
    assert lines.count("`python -m bench.something`") == 4


def test_plots_lie_beside_the_report(lines: list[str], tmp_path: Path) -> None:
    assert "![served-torch](served-torch.png)" in lines
    for name in ("forward", "served-torch"):
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
