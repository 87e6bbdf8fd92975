"""The slope of a series, the mix of a soak, and its page."""

from itertools import islice
from math import nan

import numpy as np
import pytest

from bench.soak.__main__ import LONG_CHARACTERS, long_pairs, render
from bench.soak.mix import SHARES, Asked, Kind, Mix
from bench.soak.slopes import Slope, fit, fit_all
from bench.texts import Pair

ORIGIN = {"date": "2026-11-28", "command": "it", "machine": {"processor": "one", "cores": 2}}


def test_a_line_has_its_slope_and_no_error() -> None:
    slope = fit([0, 1800, 3600, 7200], [5.0, 6.0, 7.0, 9.0])
    assert (slope.mean, slope.per_hour) == pytest.approx((6.75, 2.0))
    assert slope.error == pytest.approx(0.0, abs=1e-12)
    assert not slope.is_noise


def test_the_error_is_that_of_least_squares() -> None:
    slope = fit([0, 3600, 7200], [0.0, 3.0, 0.0])
    assert (slope.per_hour, slope.error) == pytest.approx((0.0, np.sqrt(6 / 1 / 2)))
    assert slope.is_noise


def test_a_constant_does_not_grow() -> None:
    assert fit(np.arange(0.0, 1200.0, 9.7).tolist(), [30.1] * 124).is_noise


def test_noise_is_found_to_be_noise_as_often_as_it_should() -> None:
    rng = np.random.default_rng(0)
    seconds = np.arange(0, 3600, 10)
    verdicts = [fit(seconds, 100 + rng.normal(size=len(seconds))).is_noise for _ in range(200)]  # type: ignore[arg-type]
    assert 180 < sum(verdicts) < 200
    assert not fit(seconds, 100 + rng.normal(size=len(seconds)) + seconds / 600).is_noise  # type: ignore[arg-type]


def test_samples_that_are_missing_are_left_out() -> None:
    assert fit([0, 3600, 5000, 7200], [1.0, 2.0, nan, 3.0]) == fit([0, 3600, 7200], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="at least 3 samples, not 2"):
        fit([0, 1, 2], [1.0, nan, 2.0])


def test_a_series_of_too_few_samples_has_no_slope() -> None:
    nan = float("nan")
    slopes = fit_all([0, 10, 20, 30], {"often": [1.0, 2.0, 3.0, nan], "seldom": [1.0, nan, nan, 2.0]})
    assert slopes.keys() == {"often"}


def test_kinds_come_by_their_shares() -> None:
    assert sum(SHARES.values()) == pytest.approx(1.0)
    kinds = list(islice(Mix([], [], []).kinds(seed=1), 20_000))
    for kind, share in SHARES.items():
        assert kinds.count(kind) / len(kinds) == pytest.approx(share, rel=0.1)


def test_long_questions_are_long() -> None:
    pairs = list(long_pairs([Pair("q", "短い文。"), Pair("r", "別の文。")]))
    assert {len(pair.context) for pair in pairs} == {LONG_CHARACTERS}
    assert [pair.context[:4] for pair in pairs] == ["短い文。", "別の文。"]


def test_the_page_shows_what_failed_and_what_grew() -> None:
    asked = [
        Asked(Kind.SHORT, 0, 1, True),
        Asked(Kind.SHORT, 90, 1, False, "503 not_ready"),
        Asked(Kind.BAD, 0, 1, True),
    ]
    page = render(
        ORIGIN,
        12.34,
        asked,
        {"java MB": Slope(500.0, 3.0, 1.0, (400.0, 600.0)), "p99 of short ms": Slope(90.0, -1.0, 2.0)},
    )
    assert "12.3 requests a second" in page
    assert "| short | 2 | 1 | 503 not_ready (minutes 2 to 2) |" in page
    assert "| bad | 1 | 0 |  |" in page
    assert "| java MB | 500.0 | 400 600 | +3.00 | 1.00 | beyond noise |" in page
    assert "| p99 of short ms | 90.0 |  | -1.00 | 2.00 | within 2 standard errors |" in page
