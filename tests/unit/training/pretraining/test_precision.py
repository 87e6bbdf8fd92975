"""The choice between bfloat16 and float32."""

from collections.abc import Callable

import pytest

from training.pretraining.precision import choose_bf16


class Clock:
    """Time that passes only when something is computed."""

    def __init__(self) -> None:
        self.now = 0.0

    def computing(self, bf16: list[float], float32: list[float]) -> Callable[[bool], None]:
        turns = {True: iter(bf16), False: iter(float32)}

        def compute(in_bf16: bool) -> None:
            self.now += next(turns[in_bf16])

        return compute


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("time.perf_counter", lambda: made.now)
    return made


def test_the_faster_one_is_chosen_and_named(clock: Clock) -> None:
    assert choose_bf16(clock.computing([9, 1, 1, 1], [9, 2, 2, 2])) == (
        True,
        "training in bfloat16: a batch took 1.000 s in bfloat16, 2.000 s in float32",
    )
    assert choose_bf16(clock.computing([1, 50, 50, 50], [9, 2, 2, 2]))[0] is False


def test_a_turn_that_something_else_slowed_does_not_count(clock: Clock) -> None:
    assert choose_bf16(clock.computing([1, 8, 1, 7], [1, 2, 2, 2]))[0] is True
