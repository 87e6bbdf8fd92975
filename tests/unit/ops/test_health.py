"""Readiness, judged by evidence that grows old."""

import math

from ops.health import Health
from ops.observation import Observation, Worker

READY = Observation((Worker(1, "READY"), Worker(2, "UNLOADED")), wanted=2)
NOT_READY = Observation((Worker(1, "UNLOADED"),), wanted=2)
LONG, OVER = 1e6, -1.0  # seconds: evidence stays good, or is old at once


def test_it_is_ready_with_a_ready_worker_and_an_answer() -> None:
    health = Health(LONG, LONG)
    assert health.obstacle() == "its management address does not reply"
    health.observed(NOT_READY)
    assert health.obstacle() == "no worker is ready"
    health.observed(READY)
    assert health.obstacle() == "it has not answered a question yet"
    health.canary_answered()
    assert health.obstacle() is None


def test_an_old_observation_is_none() -> None:
    health = Health(OVER, LONG)
    health.observed(READY)
    health.canary_answered()
    assert health.observation is None
    assert health.obstacle() == "its management address does not reply"


def test_an_old_canary_is_as_good_as_new_while_others_are_answered() -> None:
    health = Health(LONG, OVER)
    health.observed(READY)
    health.canary_answered()
    assert health.obstacle() == "it no longer answers questions"
    health.answered(1)
    assert health.obstacle() is None


def test_answers_to_others_do_not_replace_the_first_canary() -> None:
    health = Health(LONG, LONG)
    health.observed(READY)
    health.answered(7)
    assert health.obstacle() == "it has not answered a question yet"


def test_a_restart_makes_all_evidence_void() -> None:
    health = Health(LONG, LONG)
    health.observed(READY)
    health.canary_answered()
    assert health.since_canary() < LONG
    health.restarted()
    assert health.since_canary() == math.inf
    health.observed(READY)
    assert health.obstacle() == "it has not answered a question yet"


def test_a_server_that_stops_is_not_ready_whatever_it_shows() -> None:
    health = Health(LONG, LONG)
    health.observed(READY)
    health.canary_answered()
    health.drain()
    assert health.obstacle() == "it is stopping"
