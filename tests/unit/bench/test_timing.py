"""Ratios of things that took turns."""

import time

import pytest
import torch

from bench.timing import Times, flops, take_turns
from luke_qa.checkpoint import ModelConfig


def test_ratios_are_taken_turn_by_turn() -> None:
    slow, fast = Times((2.0, 40.0, 3.0)), Times((1.0, 20.0, 1.0))  # all of the second turn was disturbed
    assert fast.times_faster_than(slow) == 2.0
    assert slow.times_faster_than(slow) == 1.0
    assert fast.spread == 19.0


def test_everything_has_as_many_turns_and_one_to_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    clock = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])

    def way(name: str, seconds: float) -> None:
        calls.append(name)
        clock[0] += seconds

    times = take_turns({"a": lambda: way("a", 4.0), "b": lambda: way("b", 1.0)}, 3, torch.device("cpu"))
    assert calls == ["a", "b"] * 4
    assert times == {"a": Times((4.0, 4.0, 4.0)), "b": Times((1.0, 1.0, 1.0))}


def test_operations_of_the_real_configuration_are_as_published() -> None:
    """169.9 M + 36.9 k x T a token."""
    config = ModelConfig(32772, 768, 12, 12, 3072, 514, 1, 1e-5)
    assert flops(config, 384) / 384 == pytest.approx(169.9e6 + 36.9e3 * 384, rel=1e-3)
