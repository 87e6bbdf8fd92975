"""Harm the deployment in every way of the table, and count what becomes of the questions.

    python -m bench.chaos [ROW...] [--seconds 60] [--instances 2] [--output bench/results/DATE/chaos.md]

Everything listens on loopback. The whole table takes some half an hour on two cores. The exit status is 1 if a bar was
missed. The output is Markdown; JSON with the same name is written beside it.
"""

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from bench.chaos.callers import Question, Way
from bench.chaos.faults import NotPossibleError
from bench.chaos.place import Setting, wait_for
from bench.chaos.rows import ROWS, LoadKind, Row
from bench.chaos.setting import ask_undisturbed, draw_questions, open_setting
from bench.chaos.stage import Stage
from bench.chaos.table import missed, render
from bench.chaos.trial import Result, measure_rate, run_row
from bench.output import origin

QUESTIONS = 60


def run_rows(
    rows: Sequence[Row],
    stages: Sequence[Stage],
    questions: Sequence[Question],
    seconds: float,
    left_out: dict[str, str],
) -> Iterator[Result]:
    """Run the rows, and add to ``left_out`` why others could not be run."""
    for row in rows:
        for stage in (stages[count - 1] for count in row.instances if count <= len(stages)):
            if not wait_for(stages[-1].is_idle, 120):
                left_out[row.name] = "the row before had left the server unwell"
                continue
            rate = measure_rate(Way.PROXY, stage.front.url, questions) if row.load is LoadKind.OVERLOAD else 0.0
            try:
                for result in run_row(row, stage, questions, rate, seconds):
                    yield result
                    wait_for(stages[-1].is_idle, 120)
            except NotPossibleError as error:
                left_out[row.name] = str(error)


def write(results: Sequence[Result], left_out: Mapping[str, str], output: Path) -> None:
    """Write what was found so far, as Markdown and as JSON."""
    about = origin()
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(render(about, results, left_out), "utf-8")
    rows = [{**asdict(result), "row": result.row.name, "missed": missed(result)} for result in results]
    report = {**about, "rows": rows, "left_out": left_out}
    output.with_suffix(".json").write_text(json.dumps(report, indent=1, default=str), "utf-8")


def show(result: Result) -> None:
    print(f"{time.strftime('%H:%M:%S')} {result.row.name}, {result.instances}: {result.harm.note}")
    for kind, way, counts in result.groups:
        print(f"    {kind} {way}: {asdict(counts)}")
    print(f"    well after {result.seconds} s, load {result.load:.1f}, missed {missed(result)}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"default: all of {', '.join(ROWS)}")
    parser.add_argument("--seconds", type=float, default=60.0, help="duration of an overload")
    parser.add_argument("--instances", type=int, choices=(1, 2), default=2)
    parser.add_argument("--output", type=Path, help="the table as Markdown")
    given = parser.parse_args()
    if unknown := [name for name in given.rows if name not in ROWS]:
        parser.error(f"{unknown[0]} is not a row; the rows are {', '.join(ROWS)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended on SIGTERM as well
    rows = [ROWS[name] for name in given.rows or ROWS]
    results, left_out = list[Result](), dict[str, str]()
    pairs = draw_questions(QUESTIONS)
    for setting in Setting:
        if not (chosen := [row for row in rows if row.setting is setting]):
            continue
        with (
            tempfile.TemporaryDirectory(prefix="chaos-") as directory,
            open_setting(Path(directory), setting, given.instances) as stages,
        ):
            questions = ask_undisturbed(stages[0], pairs)
            for result in run_rows(chosen, stages, questions, given.seconds, left_out):
                results.append(result)
                show(result)
                if given.output:
                    write(results, left_out, given.output)
    if given.output:
        write(results, left_out, given.output)
    return int(any(missed(result) for result in results))


if __name__ == "__main__":
    sys.exit(main())
