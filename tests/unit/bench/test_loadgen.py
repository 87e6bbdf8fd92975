"""MLPerf's LoadGen: what is issued to it, read from it and searched with it."""

import asyncio
import json
from dataclasses import asdict

import pytest

from bench import loadgen
from bench.loadgen import Run, Scenario, highest, measure_server, play, read_run
from bench.report import mlperf

ALONE = Run(samples=100, failed=0, per_second=50.0, p50=10.0, p99=20.0, valid=True)
OFFLINE = Run(samples=100, failed=0, per_second=200.0, p50=10.0, p99=20.0, valid=True)


@pytest.mark.parametrize("limit", [0.12, 0.3, 0.55, 0.9])
def test_the_search_ends_just_below_what_still_meets_the_bound(limit: float) -> None:
    tried: list[float] = []

    def meets(share: float) -> bool:
        tried.append(share)
        return share <= limit

    found = highest(meets)
    assert found is not None
    assert limit - 0.9 / 2**6 <= found <= limit
    assert len(tried) == 6


def test_the_search_finds_nothing_where_nothing_meets_the_bound() -> None:
    assert highest(lambda share: False) is None
    assert highest(lambda share: True) == pytest.approx(1, abs=0.02)


def test_a_rate_counts_only_within_the_bound_and_if_all_is_answered() -> None:
    asked: list[tuple[float, float]] = []

    def play_at(rate: float, limit: float) -> Run:
        asked.append((rate, limit))
        # Slow above 0.8 of Offline's 200 a second, full above 0.4.
        return Run(100, int(rate > 80), rate, 10.0, 60.0 if rate > 160 else 40.0, False)

    found = measure_server(play_at, ALONE, OFFLINE, 5.0)
    assert asked[0] == pytest.approx((110.0, 50.0))
    assert 0.38 < found["share"] <= 0.4
    assert [run["met"] for run in found["runs"]] == [run["share"] <= 0.4 for run in found["runs"]]
    assert measure_server(play_at, ALONE, OFFLINE, 3.0)["share"] is None


def test_a_run_is_read_from_the_log() -> None:
    entries = {
        "result_samples_per_second": 7.5,
        "result_50.00_percentile_latency_ns": 2_000_000,
        "result_99.00_percentile_latency_ns": 9_500_000,
        "result_validity": "INVALID",
    }
    lines = [f":::MLLOG {json.dumps({'key': key, 'value': value})}" for key, value in entries.items()]
    run = read_run("\n".join(["something else", *lines]), "Offline", [200, 503, 0, 200])
    assert run == Run(samples=4, failed=2, per_second=7.5, p50=2.0, p99=9.5, valid=False)


@pytest.mark.parametrize("name", ["SingleStream", "Offline", "Server"])
def test_loadgen_gets_every_sample_back_answered_or_not(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    under_way, most = 0, 0

    async def ask(session: object, url: str, body: bytes) -> tuple[int, bytes]:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001)
        under_way -= 1
        return (503 if body == b"busy" else 200), body

    monkeypatch.setattr(loadgen, "ask", ask)
    run = asyncio.run(play("", [b"busy", b"a", b"b", b"c"], Scenario(name, 0.1, rate=1000, limit=1000, at_once=8)))
    assert run.samples >= 100
    assert 0 < run.failed < run.samples / 2
    assert run.per_second > 0
    assert 0 < run.p50 <= run.p99
    assert most == 1 if name == "SingleStream" else most <= 8


def test_a_report_tells_rates_as_shares_of_offline() -> None:
    met = {"share": 0.55, "met": True, **asdict(ALONE)}
    failed = {"share": 0.775, "met": False, **asdict(OFFLINE)}
    report = {
        "name": "embedded, torch",
        "loadgen": "6.0.17",
        "single_stream": asdict(ALONE),
        "offline": asdict(OFFLINE),
        "server": [
            {"bound": 5.0, "share": 0.55, "runs": [met, failed]},
            {"bound": 10.0, "share": None, "runs": [failed]},
        ],
    }
    lines = [*mlperf(report)]
    assert "| SingleStream | 100 | 0 | 25% | 1.0 | 2.0 | yes |" in lines
    assert "| Server, p99 at most 5 | 100 | 0 | 55% | 1.0 | 2.0 | yes |" in lines
    assert "| Server, p99 at most 10 |  |  | none found |  |  |  |" in lines
