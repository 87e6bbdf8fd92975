"""How many replicas a load needs, what they cost, and what becomes the bottleneck next.

    python -m bench.capacity plan --rate 200 --tokens 150 --p99 0.5
    python -m bench.capacity table --tokens 150 --p99 0.5
    python -m bench.capacity measure --output times.json
    python -m bench.capacity check --output check.json

``plan`` finds the fewest replicas for a load, ``table`` the highest load of 1 to 10,000 replicas. Both simulate
(docs/capacity.md). ``measure`` writes the service times that ``--times`` reads, by the processor time of one thread.
``check`` measures one server and two, and compares their p99 with the simulated ones.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

from bench.capacity.limits import Surroundings
from bench.capacity.planning import CapacityError, Load, Target, fewest_replicas, highest_rate
from bench.capacity.simulation import System
from bench.capacity.text import describe_plan, describe_table
from bench.capacity.times import ServiceTimes, read_times
from bench.windows import MIX_LOG_SIGMA
from deploy.proxy import Proxy

EMBEDDED_TIMES = Path(__file__).parent / "embedded.json"
SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    if given.command in ("measure", "check"):
        from bench.capacity.measuring import check, measure  # torch takes seconds to import

        return (measure if given.command == "measure" else check)(given)
    try:
        times, system, target = _times(given), _system(given), Target(given.p99, utilisation=given.utilisation)
        around = replace(Surroundings(), **dict(given.assume))
        load = Load(getattr(given, "rate", 1.0), given.tokens, given.spread)
        unit = ("GPU", given.gpus) if given.gpus else ("core", float(given.cores or given.workers))
        if given.command == "plan":
            print(describe_plan(fewest_replicas(system, load, times, target), around, times, unit))
        else:
            verdicts = (highest_rate(replace(system, replicas=size), load, times, target) for size in given.replicas)
            print(describe_table(verdicts, around, times, unit))
    except (CapacityError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.capacity", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    plan, table = commands.add_parser("plan"), commands.add_parser("table")
    plan.add_argument("--rate", type=_positive, required=True, help="questions a second")
    table.add_argument("--replicas", type=int, nargs="+", default=SIZES, help="numbers of replicas")
    for each in (plan, table):
        add = each.add_argument
        add("--tokens", type=_positive, required=True, help="of a question with what is read for it, on average")
        add("--spread", type=float, default=MIX_LOG_SIGMA, help="standard deviation of the lengths' logarithms")
        add("--p99", type=_positive, required=True, help="seconds")
        add("--utilisation", type=_positive, default=0.9, help="of the workers, at most; what is left is for failures")
        add("--times", type=Path, help="service times; default: the embedded checkpoint's on one core")
        add("--token-ms", type=float, help="instead of --times: milliseconds for each token")
        add("--request-ms", type=float, default=0.0, help="with --token-ms: for each question besides")
        add("--batch-ms", type=float, default=0.0, help="with --token-ms: for each batch besides")
        add("--workers", type=int, default=1, help="of each replica")
        add("--batch-size", type=int, default=1, help="questions that a worker takes together")
        add("--delay-ms", type=float, default=0.0, help="how long it waits for them")
        add("--queue", type=int, default=Proxy().queue, help="questions that wait in a proxy")
        add("--cores", type=int, help="of each replica; default: one for each worker")
        add("--gpus", type=float, default=0.0, help="of each replica; then the price is in GPU-hours")
        add(
            "--assume",
            type=_assumption,
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help=f"about what is around the replicas: {', '.join(item.name for item in fields(Surroundings))}",
        )
    measure, check = commands.add_parser("measure"), commands.add_parser("check")
    for each in (measure, check):
        each.add_argument("--checkpoint", type=Path, default=Path("checkpoints/embedded"))
        each.add_argument("--requests", type=int, default=200, help="distinct questions")
        each.add_argument("--output", type=Path)
    check.add_argument("--seconds", type=float, default=60.0, help="of each load")
    check.add_argument("--loads", type=float, nargs="+", default=(0.5, 0.7, 0.85), help="shares of saturation")
    return parser


def _system(given: argparse.Namespace) -> System:
    return System(1, given.workers, None, given.queue, given.batch_size, given.delay_ms / 1000)


def _times(given: argparse.Namespace) -> ServiceTimes:
    if given.token_ms is None:
        return read_times(given.times or EMBEDDED_TIMES)
    source = f"given: {given.token_ms:g} ms a token, {given.request_ms:g} a question, {given.batch_ms:g} a batch"
    return ServiceTimes(given.request_ms / 1000, given.token_ms / 1000, given.batch_ms / 1000, source=source)


def _positive(text: str) -> float:
    value = float(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def _assumption(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    known = [item.name for item in fields(Surroundings)]
    if name not in known:
        raise argparse.ArgumentTypeError(f"{name!r} is unknown; there are: {', '.join(known)}")
    return name, _positive(value)


if __name__ == "__main__":
    sys.exit(main())
