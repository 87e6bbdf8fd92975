"""Give the engine and a real server inputs that nobody would write, and count what becomes of them.

    python -m bench.fuzz [--count 100000] [--seed 1] [--output bench/results/DATE/fuzz.md]

A fifth of the inputs goes over HTTP, half of that through the proxy; the rest into the parts of the engine. Everything
listens on loopback. The exit status is 1 if there was a fault: a 5xx, no answer in time, an answer that is not as
described, or a part whose result is wrong. The output is Markdown.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import requests

from bench.chaos.place import Archives
from bench.chaos.stage import Stage, open_stages
from bench.fuzz.tally import Tally
from bench.fuzz.targets import ABOUT, CHECKPOINT, fuzz_all
from bench.output import command, machine
from bench.setting import configured
from ops.archive import build_archive
from ops.layout import MODEL_NAME

COUNT = 100_000


def faults_of_server(stage: Stage) -> list[str]:
    """What the server says of itself afterwards."""
    text = requests.get(f"{stage.victim.instance.control_url}/metrics", timeout=30).text
    counters = ("luke_qa_worker_restarts_total", "luke_qa_workers_killed_total", "luke_qa_server_restarts_total")
    faults = [line for line in text.splitlines() if line.startswith(counters) and not line.endswith(" 0.0")]
    return faults if stage.is_idle() else [*faults, "it is not ready"]


def render(tallies: Sequence[Tally], faults: Sequence[str], command: str) -> str:
    """The report as Markdown."""
    found, inputs = machine(), sum(tally.inputs for tally in tallies)
    lines = [
        "# Fuzzing",
        "",
        f"{time.strftime('%Y-%m-%d')}, `{command}`, {found['processor']}, {found['cores']} cores. Embedded checkpoint.",
        "",
        f"{inputs:,} inputs. A *fault* is a 5xx (but 504 where the request has a deadline),",
        "no answer within 60 s, an answer that is not as `docs/openapi.json` says, or a result that breaks a rule of",
        "its part.",
        "",
        "| target | what | inputs | faults | seconds | slowest s |",
        "|---|---|---|---|---|---|",
        *(
            f"| {tally.target} | {ABOUT[tally.target]} | {tally.inputs} | {len(tally.faults)} | {tally.seconds:.0f} "
            f"| {tally.slowest:.2f} |"
            for tally in tallies
        ),
        "",
        "| target | outcome | inputs |",
        "|---|---|---|",
        *(
            f"| {tally.target} | {name} | {count} |"
            for tally in tallies
            for name, count in tally.outcomes.most_common()
        ),
        "",
        f"The server afterwards: {'; '.join(faults) or 'ready, no worker and no server was restarted'}.",
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=COUNT, help=f"inputs of all targets together (default: {COUNT})")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, help="the report as Markdown")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended on SIGTERM as well
    with tempfile.TemporaryDirectory(prefix="fuzz-") as directory:
        archive = Path(directory) / f"{MODEL_NAME}.mar"
        build_archive(CHECKPOINT, None, archive, model_config=configured(["minWorkers=2", "maxWorkers=2"]))
        with open_stages(Path(directory), Archives(archive, archive, archive), 1) as (stage,):
            bases = {"direct": stage.victim.instance.inference_url, "proxy": f"http://{stage.front.proxy.http}"}
            tallies = fuzz_all(bases, given.count, given.seed)
            faults = faults_of_server(stage)
    report = render(tallies, faults, command())
    print(report)
    for tally in tallies:
        for fault in tally.faults:
            print(f"{tally.target}: {fault}\n", file=sys.stderr)
    if given.output:
        given.output.parent.mkdir(parents=True, exist_ok=True)
        given.output.write_text(report, "utf-8")
    return int(bool(faults) or any(tally.faults for tally in tallies))


if __name__ == "__main__":
    sys.exit(main())
