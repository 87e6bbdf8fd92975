"""Replicas for a load, loads for replicas."""

import math
from dataclasses import replace

import pytest

from bench.capacity import planning
from bench.capacity.planning import CapacityError, Load, Target, fewest_replicas, highest_rate, judge, utilisation_of
from bench.capacity.simulation import System
from bench.capacity.times import ServiceTimes

TIMES = ServiceTimes(request=0.01, token=0.0001)  # 20 ms for 100 tokens
ONE = System(1, queue=100)
LOAD = Load(rate=200.0, tokens=100.0, spread=0.3)
TARGET = Target(p99=0.1)


@pytest.fixture(autouse=True)
def few_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "QUESTIONS", 6000)


def test_utilisation_is_work_over_workers() -> None:
    assert utilisation_of(System(8), LOAD, TIMES) == pytest.approx(0.5, rel=0.02)
    assert utilisation_of(System(4, workers=2), LOAD, TIMES) == pytest.approx(0.5, rel=0.02)


def test_a_batch_costs_its_share_of_each_question() -> None:
    times = replace(TIMES, batch=0.02)
    assert utilisation_of(System(8, batch=4), LOAD, times) == pytest.approx(0.625, rel=0.02)


def test_a_load_over_capacity_says_so() -> None:
    verdict = judge(System(3), LOAD, TIMES)
    assert verdict.utilisation == pytest.approx(4 / 3, rel=0.02)
    assert verdict.refused == pytest.approx(0.25, rel=0.05)
    assert math.isinf(verdict.p99)
    assert not verdict.meets(TARGET)


def test_the_fewest_replicas_meet_the_target_and_one_fewer_does_not() -> None:
    verdict = fewest_replicas(ONE, LOAD, TIMES, TARGET)
    assert verdict.meets(TARGET)
    assert not judge(replace(ONE, replicas=verdict.system.replicas - 1), LOAD, TIMES).meets(TARGET)


def test_more_load_or_less_time_needs_no_fewer_replicas() -> None:
    by_rate = [fewest_replicas(ONE, replace(LOAD, rate=rate), TIMES, TARGET).system.replicas for rate in (20, 100, 400)]
    by_p99 = [fewest_replicas(ONE, LOAD, TIMES, Target(p99)).system.replicas for p99 in (1.0, 0.1, 0.04)]
    assert by_rate == sorted(by_rate)
    assert by_p99 == sorted(by_p99)
    assert len(set(by_rate)) == 3


def test_more_replicas_bear_more_for_each_of_them() -> None:
    rates = [highest_rate(replace(ONE, replicas=count), LOAD, TIMES, TARGET).load.rate / count for count in (1, 4, 16)]
    assert rates == sorted(rates)


def test_no_plan_is_fuller_than_it_may_be() -> None:
    target = Target(p99=60.0, refused=1.0, utilisation=0.6)
    assert highest_rate(System(4), LOAD, TIMES, target).utilisation == pytest.approx(0.6, rel=0.01)
    assert fewest_replicas(System(1), LOAD, TIMES, target).system.replicas == 7


def test_a_target_that_no_wait_would_already_miss_is_refused() -> None:
    for find in (fewest_replicas, highest_rate):
        with pytest.raises(CapacityError, match="No number of replicas"):
            find(ONE, LOAD, TIMES, Target(p99=0.01))


def test_time_outside_the_workers_counts_for_the_caller_alone() -> None:
    plain, outside = judge(System(8), LOAD, TIMES), judge(System(8), LOAD, replace(TIMES, outside=0.05))
    assert outside.p99 == pytest.approx(plain.p99 + 0.05)
    assert outside.utilisation == plain.utilisation


def test_the_price_is_in_hours_of_what_a_replica_occupies() -> None:
    assert judge(System(9, workers=2), LOAD, TIMES).hours_per_million(2.0) == pytest.approx(9 * 2 * 1e6 / 200 / 3600)
