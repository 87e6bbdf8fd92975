"""What samples of memory say."""

import time

import pytest

from bench.memory import describe, sampled


def test_memory_is_described_by_quarters_and_by_its_slope_after_the_first() -> None:
    found = describe([(float(second), 100.0 * (second < 4) + 500.0) for second in range(16)])
    assert found["quarter_megabytes"] == [600.0, 500.0, 500.0, 500.0]
    assert found["peak_megabytes"] == 600.0
    assert found["slope_megabytes"]["per_hour"] == pytest.approx(0.0, abs=1e-6)


def test_growth_shows_in_the_slope() -> None:
    found = describe([(float(second), 500.0 + second) for second in range(16)])
    assert found["slope_megabytes"]["per_hour"] == pytest.approx(3600)


def test_a_short_job_has_no_slope() -> None:
    assert describe([(0.0, 1.0), (2.0, 3.0)])["slope_megabytes"] is None


def test_what_is_held_meanwhile_shows() -> None:
    with sampled(0.01) as samples:
        while not samples:
            time.sleep(0.01)
        held, before = b"x" * 200_000_000, len(samples)
        while len(samples) < before + 2:
            time.sleep(0.01)
    assert max(mb for _, mb in samples) > samples[0][1] + 150
    assert held
