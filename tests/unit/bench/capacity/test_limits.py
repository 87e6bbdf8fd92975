"""What becomes scarce around the replicas."""

from dataclasses import replace

import pytest

from bench.capacity.limits import Surroundings, limits, proxies_of
from bench.capacity.planning import Load, Verdict
from bench.capacity.simulation import System

AROUND = Surroundings(
    proxy_ms=0.1,
    check_ms=0.1,
    image_gb=1,
    registry_gbit=8,
    rollout=100,
    start=30,
    growth=0.1,
    series=100,
    prometheus=1e6,
)
PLAN = Verdict(System(10), Load(100.0, 150.0), utilisation=0.5, mean=0.1, p99=0.3, refused=0.0)


def used(verdict: Verdict) -> dict[str, float]:
    return {limit.name: limit.used for limit in limits(verdict, AROUND)}


def test_each_limit_is_used_as_the_plan_says() -> None:
    assert used(PLAN) == {
        "proxy": pytest.approx(100 / 7000),
        "image pulls": pytest.approx(10 / 100),
        "cold start": pytest.approx(0.1 * 31 / 60),
        "metrics": pytest.approx(1000 / 1e6),
    }


def test_the_scarcest_comes_first() -> None:
    assert limits(PLAN, AROUND)[0].name == "image pulls"
    assert limits(replace(PLAN, load=Load(90_000.0, 150.0)), AROUND)[0].name == "proxy"
    assert limits(replace(PLAN, utilisation=0.99), AROUND)[0].name == "cold start"


def test_a_proxy_has_too_much_by_questions_replicas_or_connections() -> None:
    cases = {
        "questions a second": replace(PLAN, load=Load(7700.0, 150.0)),
        "replicas": replace(PLAN, system=System(1925)),
        "connections": replace(PLAN, mean=44.0),
    }
    for said, verdict in cases.items():
        (proxy,) = (limit for limit in limits(verdict, AROUND) if limit.name == "proxy")
        assert proxy.used == pytest.approx(1.1)
        assert proxy.says.endswith(said)


def test_no_proxy_is_too_busy_with_questions() -> None:
    counts = [proxies_of(replace(PLAN, load=Load(rate, 150.0)), AROUND) for rate in (1.0, 7000.0, 7001.0, 70_000.0)]
    assert counts == [1, 1, 2, 10]
