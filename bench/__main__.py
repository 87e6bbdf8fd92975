"""Run all measurements into bench/results/DATE, and write their report: two hours on two cores.

    python -m bench --data questions.jsonl --int8 others.jsonl [--checkpoint checkpoints/embedded]

First the backends, then their answers, then the server, then its alternatives. A failed measurement ends the run.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path

from ops.layout import ROOT

BF16 = ("--backend", "openvino", "--set", "handler.dtype=bfloat16")
SAMPLE_LINES = 16  # enough to calibrate an int8 graph of random weights, which is not validated


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is measured, and where intermediate files are stored."""

    data: Path
    int8: Path
    checkpoint: Path
    work: Path

    @property
    def real(self) -> Path:
        """A checkpoint of the full size, with random weights."""
        return self.work / "real"

    @property
    def int8_sample(self) -> Path:
        return self.work / "int8-sample.jsonl"


@dataclass(frozen=True, slots=True)
class Measurement:
    """A module of ``bench``, its options, and the name of its report (default: the module's)."""

    module: str
    options: tuple[str | Path, ...] = ()
    name: str = ""

    def command(self, results: Path) -> list[str]:
        """The arguments for Python."""
        output = results / f"{self.name or self.module}.json"
        return ["-m", f"bench.{self.module}", *map(str, self.options), "--output", str(output)]


def plan(given: Inputs) -> list[Measurement]:
    """All measurements, in order."""
    real, embedded = ("--checkpoint", given.real), ("--checkpoint", given.checkpoint)
    return [
        Measurement("forward"),
        Measurement("forward", ("--threads", "1"), "forward-one-thread"),
        Measurement("profile"),
        Measurement("profile", ("--int8",), "profile-int8"),
        Measurement("agreement", (*embedded, "--data", given.data, "--limit", "250", "--int8", given.int8)),
        Measurement("served", real, "served-torch"),
        Measurement("served", (*real, *BF16), "served-openvino"),
        Measurement("served", (*embedded, "--backend", "openvino"), "served-embedded"),
        Measurement("cold_start", real, "cold_start-torch"),
        Measurement("cold_start", (*real, *BF16), "cold_start-openvino"),
        Measurement("loadgen", (*real, *BF16)),
        Measurement("compare", (*embedded, "--int8", given.int8), "compare-embedded"),
        Measurement(
            "compare",
            (*real, "--int8", given.int8_sample, "--max-loss", "inf", "--requests", "80"),
            "compare-real",
        ),
    ]


def run(arguments: Sequence[str]) -> None:
    """Run Python with ``arguments``; threads sleep while they wait, as in the server.

    Raises:
        CalledProcessError: it failed.
    """
    subprocess.run([sys.executable, *arguments], env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}, check=True)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="question set for agreement")
    parser.add_argument("--int8", type=Path, required=True, help="another question set, for the int8 graphs")
    parser.add_argument("--checkpoint", type=Path, default=Path("checkpoints/embedded"))
    given = parser.parse_args(arguments)
    for file in (given.data, given.int8):
        if not file.is_file():
            parser.error(f"{file} is not a file")
    here = Path(os.path.relpath(ROOT))
    results, inputs = (
        here / "bench" / "results" / date.today().isoformat(),
        Inputs(given.data, given.int8, given.checkpoint, here / ".work"),
    )
    try:
        run(["-m", "bench.real", str(inputs.real)])
        with given.int8.open("rb") as questions:
            inputs.int8_sample.write_bytes(b"".join(islice(questions, SAMPLE_LINES)))
        for measurement in plan(inputs):
            run(measurement.command(results))
        run(["-m", "bench.report", str(results)])
    except subprocess.CalledProcessError as error:
        print(f"The benchmark stopped: `python {' '.join(error.cmd[1:])}` failed.", file=sys.stderr)
        return 1
    print(f"The report is {results / 'report.md'}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
