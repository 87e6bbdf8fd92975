"""The simulation against closed forms of queueing theory, and the rules of proxy, batches and workers one by one."""

import math

import numpy as np
import pytest

from bench.capacity.simulation import Floats, System, simulate

COUNT = 40_000
MANY = 10**9  # slots: all that a replica may have, so that the queue is its own


def poisson(rate: float, seed: int = 1) -> list[float]:
    gaps = np.random.default_rng(seed).exponential(1 / rate, COUNT)
    found: list[float] = np.cumsum(gaps).tolist()
    return found


def exponential(seed: int = 2) -> list[float]:
    found: list[float] = np.random.default_rng(seed).exponential(1.0, COUNT).tolist()
    return found


def steady(taken: Floats) -> Floats:
    return taken[COUNT // 10 :]


def erlang_c(servers: int, offered: float) -> float:
    """The probability that a question waits."""
    last = offered**servers / math.factorial(servers) * servers / (servers - offered)
    return last / (sum(offered**k / math.factorial(k) for k in range(servers)) + last)


@pytest.mark.parametrize("load", [0.3, 0.7])
def test_one_worker_with_exponential_times_is_m_m_1(load: float) -> None:
    taken = steady(simulate(System(1, slots=MANY), poisson(load), exponential()))
    assert taken.mean() == pytest.approx(1 / (1 - load), rel=0.05)
    assert np.quantile(taken, 0.99) == pytest.approx(math.log(100) / (1 - load), rel=0.08)


@pytest.mark.parametrize(("workers", "load"), [(2, 0.8), (10, 0.9)])
def test_workers_of_one_replica_are_m_m_c(workers: int, load: float) -> None:
    taken = steady(simulate(System(1, workers, slots=MANY), poisson(workers * load), exponential()))
    waiting = erlang_c(workers, workers * load) / (workers * (1 - load))
    assert taken.mean() == pytest.approx(1 + waiting, rel=0.05)


def test_replicas_of_one_slot_behind_the_proxys_queue_are_m_m_c() -> None:
    taken = steady(simulate(System(10, slots=1), poisson(9.0), exponential()))
    assert taken.mean() == pytest.approx(1 + erlang_c(10, 9.0), rel=0.05)


@pytest.mark.parametrize("load", [0.3, 0.7])
def test_one_worker_with_equal_times_is_m_d_1(load: float) -> None:
    taken = steady(simulate(System(1, slots=MANY), poisson(load), [1.0] * COUNT))
    assert taken.mean() - 1 == pytest.approx(load / (2 * (1 - load)), rel=0.05)


def test_a_queue_without_places_loses_what_erlang_b_says() -> None:
    taken = steady(simulate(System(3, slots=1, queue=0), poisson(2.0), exponential()))
    lost = (2**3 / 6) / (1 + 2 + 2 + 2**3 / 6)
    assert np.isnan(taken).mean() == pytest.approx(lost, rel=0.05)


def test_questions_of_one_worker_are_answered_one_after_another() -> None:
    assert simulate(System(1), [0.0, 1.0, 20.0], [5.0, 2.0, 1.0]).tolist() == [5.0, 6.0, 1.0]


def test_a_question_goes_to_the_replica_that_has_the_fewest() -> None:
    assert simulate(System(2), [0.0, 1.0, 5.0, 6.0], [9.0, 3.0, 2.0, 1.0]).tolist() == [9.0, 3.0, 2.0, 4.0]


def test_what_finds_no_slot_waits_in_the_proxy_for_the_first_that_is_free() -> None:
    system = System(2, slots=1)
    assert simulate(system, [0.0, 0.0, 1.0], [9.0, 3.0, 1.0]).tolist() == [9.0, 3.0, 3.0]


def test_what_finds_the_queue_full_is_refused() -> None:
    taken = simulate(System(1, slots=1, queue=1), [0.0, 1.0, 2.0], [5.0, 1.0, 1.0])
    assert taken.tolist()[:2] == [5.0, 5.0]
    assert math.isnan(taken[2])


def test_a_full_batch_starts_at_once() -> None:
    system = System(1, batch=2, delay=1.0, batch_seconds=0.5)
    assert simulate(system, [0.0, 0.0], [1.0, 2.0]).tolist() == [3.5, 3.5]


def test_a_lone_question_waits_for_its_batch_as_long_as_the_delay() -> None:
    system = System(1, batch=2, delay=1.0, batch_seconds=0.5)
    assert simulate(system, [0.0], [2.0]).tolist() == [3.5]
    assert simulate(system, [0.0, 0.25], [2.0, 1.0]).tolist() == [3.75, 3.5]


def test_one_worker_at_a_time_collects_a_batch() -> None:
    system = System(1, workers=2, batch=3, delay=1.0)
    assert simulate(system, [0.0, 0.5], [2.0, 2.0]).tolist() == [5.0, 4.5]
