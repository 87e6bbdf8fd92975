"""What the command prints."""

from collections.abc import Iterable, Iterator, Sequence

from bench.capacity.limits import Limit, Surroundings, limits, proxies_of
from bench.capacity.planning import Verdict
from bench.capacity.times import ServiceTimes

Unit = tuple[str, float]
"""A resource, and how much of it a replica has: ("core", 2.0)."""


def describe_plan(verdict: Verdict, around: Surroundings, times: ServiceTimes, unit: Unit) -> str:
    """Return the plan, line by line."""
    name, per_replica = unit
    replicas, load, system = verdict.system.replicas, verdict.load, verdict.system
    scarce = limits(verdict, around)
    workers = f"{system.workers} worker{'s' if system.workers > 1 else ''}"
    return "\n".join(
        [
            f"Service times: {times.source}",
            f"{load.rate:g} questions a second of {load.tokens:g} tokens: {replicas:,} replicas of {workers}, "
            f"{verdict.utilisation:.0%} busy",
            f"p99 {verdict.p99:.3f} s, mean {verdict.mean:.3f} s, {verdict.refused:.2%} refused (429)",
            f"{name}-hours for a million questions: {verdict.hours_per_million(per_replica):.2f}",
            f"proxies: {proxies_of(verdict, around)}",
            "",
            *(_limit(limit) for limit in scarce),
        ]
    )


def describe_table(verdicts: Iterable[Verdict], around: Surroundings, times: ServiceTimes, unit: Unit) -> str:
    """Return a Markdown table, a line for each number of replicas."""
    name, per_replica = unit

    def rows() -> Iterator[Sequence[str]]:
        yield "replicas", "questions/s", "busy", "p99, s", f"{name}-hours/million", "proxies", "used up", "next"
        for verdict in verdicts:
            found = limits(verdict, around)
            yield (
                f"{verdict.system.replicas:,}",
                f"{verdict.load.rate:,.1f}",
                f"{verdict.utilisation:.0%}",
                f"{verdict.p99:.3f}",
                f"{verdict.hours_per_million(per_replica):.2f}",
                f"{proxies_of(verdict, around):,}",
                ", ".join(limit.name for limit in found if limit.used > 1),
                next((f"{limit.name} {limit.used:.0%}" for limit in found if limit.used <= 1), ""),
            )

    head, *body = (f"| {' | '.join(row)} |" for row in rows())
    return "\n".join([f"Service times: {times.source}", "", head, "|---" * 8 + "|", *body])


def _limit(limit: Limit) -> str:
    advice = f". Then: {limit.way_out}" if limit.used > 0.5 else ""
    return f"{limit.name}: {limit.used:.0%} used; {limit.says}{advice}"
