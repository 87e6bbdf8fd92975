"""What is around the replicas, how much of it a plan takes, and what to do when it is used up."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.capacity.planning import Verdict
from deploy.proxy import Proxy

_CHECKS = 4  # of a replica's readiness by each proxy in a second: two backends, every 500 ms
_PROXY_BUSY = 0.7  # of its thread: beyond, its own queueing shows in the p99


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Figures about what is not simulated. docs/capacity.md says which are measured and which are assumed.

    Attributes:
        proxy_ms: processor time of one proxy for a question, in milliseconds.
        check_ms: the same for a health check of a replica.
        image_gb: gigabytes that a machine pulls before its first replica.
        registry_gbit: gigabits a second that the registry serves, to all machines together.
        rollout: seconds within which all machines should have the image.
        start: seconds from a replica's start to its first answer, with the image there.
        growth: the fastest rise of the load, as a share of it in a minute.
        series: time series of one replica, and of the proxy about it.
        prometheus: time series that one Prometheus holds.
    """

    proxy_ms: float = 0.6
    check_ms: float = 0.1
    image_gb: float = 1.44
    registry_gbit: float = 10.0
    rollout: float = 600.0
    start: float = 15.0
    growth: float = 0.1
    series: float = 970.0
    prometheus: float = 2e6


@dataclass(frozen=True, slots=True)
class Limit:
    """``used``: what the plan takes, as a share of what there is; above 1 it is too much. ``way_out``: what to do."""

    name: str
    used: float
    says: str
    way_out: str


def limits(verdict: Verdict, around: Surroundings) -> Sequence[Limit]:
    """Return what the plan takes of everything around it, the scarcest first."""
    found = [part(verdict, around) for part in (_proxy, _images, _start, _series)]
    return sorted(found, key=lambda limit: -limit.used)


def proxies_of(verdict: Verdict, around: Surroundings) -> int:
    """Return how many proxies share the replicas, so that none has too much."""
    return max(1, math.ceil(_proxy(verdict, around).used))


def _proxy(verdict: Verdict, around: Surroundings) -> Limit:
    rate = _PROXY_BUSY * 1000 / around.proxy_ms
    replicas = _PROXY_BUSY * 1000 / around.check_ms / _CHECKS
    connections = Proxy().connections
    used, says = max(
        (verdict.load.rate / rate, f"one proxy forwards {rate:,.0f} questions a second"),
        (verdict.system.replicas / replicas, f"one proxy checks the health of {replicas:,.0f} replicas"),
        (verdict.load.rate * verdict.mean / connections, f"one proxy holds {connections:,} connections"),
    )
    way_out = "several proxies, each with replicas of its own, behind DNS or a load balancer of connections (layer 4)"
    return Limit("proxy", used, says, way_out)


def _images(verdict: Verdict, around: Surroundings) -> Limit:
    seconds = verdict.system.replicas * around.image_gb * 8 / around.registry_gbit
    return Limit(
        "image pulls",
        seconds / around.rollout,
        f"the registry sends the image to all machines in {seconds:,.0f} s",
        "images on the machines beforehand, a mirror in each zone or between machines (peer to peer), slower roll-outs",
    )


def _start(verdict: Verdict, around: Surroundings) -> Limit:
    pull = around.image_gb * 8 / around.registry_gbit
    grown = around.growth * (around.start + pull) / 60
    free = max(1e-9, 1 / verdict.utilisation - 1)
    return Limit(
        "cold start",
        grown / free,
        f"until a new replica answers ({around.start + pull:,.0f} s) the load rises by {grown:.0%}; {free:.0%} is free",
        "start replicas ahead of the load, keep more of them free, and let the client wait and repeat",
    )


def _series(verdict: Verdict, around: Surroundings) -> Limit:
    total = verdict.system.replicas * around.series
    return Limit(
        "metrics",
        total / around.prometheus,
        f"{total:,.0f} time series, and one Prometheus holds {around.prometheus:,.0f}",
        "leave the proxy's series of single servers out of the scrape (`scope`), then a Prometheus for each group, "
        "and one above that reads only their sums (federation)",
    )
