"""Service times: fitted, stored, drawn."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.capacity.__main__ import EMBEDDED_TIMES
from bench.capacity.times import ServiceTimes, fit_times, read_times, write_times

LENGTHS = [50.0, 100.0, 200.0, 400.0]


def test_the_formula_is_found_again() -> None:
    times = fit_times(LENGTHS, [0.002 + 0.0001 * length for length in LENGTHS], 0.003, "here")
    assert (times.request, times.token, times.outside) == pytest.approx((0.002, 0.0001, 0.003))
    assert set(times.noise) == {1.0}


def test_no_figure_is_negative() -> None:
    assert fit_times([1.0, 2.0], [1.0, 3.0], 0.0, "").request == 0
    assert fit_times([1.0, 2.0], [3.0, 1.0], 0.0, "").token == 0


def test_equal_lengths_say_nothing() -> None:
    with pytest.raises(ValueError, match="two lengths"):
        fit_times([5.0, 5.0], [1.0, 2.0], 0.0, "")


def test_drawn_times_have_the_noise_that_was_measured() -> None:
    rng = np.random.default_rng(1)
    lengths = rng.lognormal(5, 0.5, 2000)
    seconds = (0.001 + 0.0001 * lengths) * rng.lognormal(0, 0.3, 2000)
    drawn = fit_times(lengths.tolist(), seconds.tolist(), 0.0, "").draw(lengths, rng)
    for quantile in (0.5, 0.99):
        assert np.quantile(drawn, quantile) == pytest.approx(np.quantile(seconds, quantile), rel=0.1)


def test_times_are_read_as_they_were_written(tmp_path: Path) -> None:
    times = ServiceTimes(0.1, 0.2, 0.3, 0.4, (0.9, 1.1), "here")
    write_times(times, tmp_path / "new" / "times.json")
    assert read_times(tmp_path / "new" / "times.json") == times


@pytest.mark.parametrize("content", ["", "[]", '{"noise": [1]', '{"noise": [1], "speed": 3}'])
def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "times.json").write_text(content)
    with pytest.raises(ValueError, match=r"bench\.capacity measure"):
        read_times(tmp_path / "times.json")


def test_the_embedded_checkpoints_times_are_those_of_a_core() -> None:
    times = read_times(EMBEDDED_TIMES)
    assert replace(times, noise=()).token > 0
    assert "processor time" in times.source
