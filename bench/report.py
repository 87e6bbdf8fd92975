"""Write the measurements as Markdown and plots.

    python -m bench.report DIRECTORY

Reads the reports that the modules of ``bench`` wrote to DIRECTORY, each named after its module (``forward.json``,
``served-torch.json``, ...), and writes report.md and its plots there.
"""

import json
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from bench import plots
from luke_qa.metrics import STAGES

Report = dict[str, Any]


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(map(str, row)) + " |"


def forward(report: Report) -> Iterator[str]:
    config = report["config"]
    yield (
        f"### Forward pass: hidden {config['hidden_size']}, {config['num_hidden_layers']} layers, random weights, "
        f"{report['threads']} threads, {report['device']}\n"
    )
    rows = [(a["name"], f"{a['max_difference']:.1e}", f"{100 * a['relative_norm']:.3f} %") for a in report["agreement"]]
    yield from table(("logits against transformers float32", "largest difference", "relative to their norm"), rows)
    yield ""
    columns = {label: list(group) for label, group in groupby(report["speed"], lambda speed: speed["windows"])}
    names = [speed["name"] for speed in next(iter(columns.values()))]
    body = [
        (name, *(f"{speeds[i]['ratio']:.2f} ({speeds[i]['share']:.0%})" for speeds in columns.values()))
        for i, name in enumerate(names)
    ]
    yield from table(("speed relative to transformers float32, one by one (share of GEMM)", *columns), body)
    spread = max(speed["spread"] for speed in report["speed"])
    yield f"\nLargest spread of a row's turns, (slowest - fastest) / median: {spread:.2f}."


def agreement(report: Report) -> Iterator[str]:
    yield f"### Answers: {report['data']}"
    yield ""
    rows = [
        (
            f"{run['backend']} {run['device']} {run['dtype']}",
            run["questions"],
            f"{run['exact_match']:.2f} / {run['f1']:.2f}",
            f"{run['same_answer']:.1f} %",
            f"{run['max_score_difference']:.4f}",
        )
        for run in report["runs"]
    ]
    yield from table(
        ("backend", "questions", "EM / F1", "same answer as torch float32", "largest difference of a score"), rows
    )


def served(report: Report) -> Iterator[str]:
    described, recovery, turns, layout = (report[name] for name in ("described", "recovery", "turns", "layout"))

    def median(name: str) -> float:
        return statistics.median(float(turn[name]) for turn in turns)

    yield f"### Served: {report['name']}"
    facts = (
        (
            "backend",
            f"{described['backend']} {described['dtype']}, {layout['processes']} workers x {layout['threads']} threads",
        ),
        ("saturation (64 callers) / bare engine in as many processes", f"{median('of_bare'):.0%}"),
        ("saturation / bare engine in one process on all cores", f"{median('of_bare_in_one_process'):.0%}"),
        ("same answers as the bare engine", f"{min(turn['saturation']['same'] for turn in turns):.1%}"),
        ("latency of a lone request above the bare engine's (p50)", f"{median('alone_over_bare_ms'):.1f} ms"),
        (
            "latency of a lone request above the bare engine's in one process on all cores",
            f"{median('alone_over_bare_in_one_process_ms'):.1f} ms",
        ),
        ("share of a request's time at saturation: queue, prepare, compute, decode", stage_shares(turns)),
        (
            f"recovery from twice saturation for {recovery['burst_seconds']:.0f} s",
            f"{recovery['recovered_seconds']:.1f} s",
        ),
        (
            "p99 of short requests with one caller asking about 20,000 characters / without",
            f"{report['neighbour']['p99_ratio']:.1f}",
        ),
        ("memory of each worker (PSS)", ", ".join(f"{size:.0f} MB" for size in report["worker_megabytes"])),
    )
    yield ""
    yield from table(("", ""), facts)
    yield ""
    base = report["loads"][0]["p50"]
    rows = [
        (
            f"{load['load']:.0%}",
            load["requests"],
            load["failed"],
            *(f"{load[quantile] / base:.1f}" for quantile in ("p50", "p95", "p99")),
            f"{load['same']:.1%}",
        )
        for load in report["loads"]
    ]
    head = ("load, of saturation", "requests", "failed", "p50", "p95", "p99", "same answers")
    yield from table(head, rows)
    yield "\nLatencies from the scheduled arrival, relative to the p50 at the lowest load."


def stage_shares(turns: Sequence[Report]) -> str:
    """The share of each stage in the time of a request; in every stage, a request waits for its whole batch."""
    totals = [0.0] * 4
    for stages in (turn["stages"] for turn in turns):
        batch = stages["requests"] / stages["batches"]
        seconds = (stages[f"{name}_seconds"] * batch for name in STAGES)
        totals = [
            total + part for total, part in zip(totals, (stages["queue_microseconds"] / 1e6, *seconds), strict=True)
        ]
    return ", ".join(f"{part / sum(totals):.1%}" for part in totals)


def cold_start(report: Report) -> Iterator[str]:
    yield f"### From start to first answer: {report['name']}"
    spread = max(report["spread"].values())
    yield (
        f"\nThe server takes {report['ratio']:.1f} times as long as a script that loads the weights and answers once "
        f"({report['turns']} turns, spread at most {spread:.2f})."
    )


def mlperf(report: Report) -> Iterator[str]:
    alone, offline = report["single_stream"], report["offline"]
    yield f"### MLPerf's LoadGen {report['loadgen']}: {report['name']}"
    yield ""
    found = {"SingleStream": alone, "Offline": offline}
    for search in report["server"]:
        best = next((run for run in search["runs"] if run["share"] == search["share"]), None)
        found[f"Server, p99 at most {search['bound']:g}"] = best
    rows = [
        (
            name,
            run["samples"],
            run["failed"],
            f"{run.get('share', run['per_second'] / offline['per_second']):.0%}",
            *(f"{run[quantile] / alone['p50']:.1f}" for quantile in ("p50", "p99")),
            "yes" if run["valid"] else "no",
        )
        if run
        else (name, "", "", "none found", "", "", "")
        for name, run in found.items()
    ]
    yield from table(("scenario", "samples", "failed", "rate / Offline's", "p50", "p99", "valid for LoadGen"), rows)
    yield "\nLatencies relative to SingleStream's p50: Server's from the scheduled arrival, Offline's from the start."


def compared(report: Report) -> Iterator[str]:
    yield f"### Compared with other servers: {report['checkpoint']}, {report['cores']} cores"
    yield f"\n{report['callers']} callers, {report['requests']} requests, {report['repeats']} turns each.\n"
    base = report["servers"][0]["p50"]
    rows = [
        (
            server["name"],
            f"{server['ratio']:.2f}",
            *(f"{server[quantile] / base:.1f}" for quantile in ("p50", "p99")),
            server["failed"],
            f"{server['same']:.1%}",
            "" if server["same_as_card"] is None else f"{server['same_as_card']:.1%}",
        )
        for server in report["servers"]
    ]
    head = (
        "server",
        "throughput, ratio",
        "p50",
        "p99",
        "failed",
        "same answers as the bare engine",
        "as the card",
    )
    yield from table(head, rows)
    spread = max(server["spread"] for server in report["servers"])
    yield f"\nLatencies relative to the first server's p50. Largest spread, (slowest - fastest) / median: {spread:.2f}."
    for name, error in report["errors"].items():
        yield f"\nNot run: {name}.\n\n```text\n{error}\n```"


def profile(report: Report) -> Iterator[str]:
    precision = f"int8 and {report['dtype']}" if report["int8"] else report["dtype"]
    yield f"### Where the time goes: OpenVINO, {precision}, {report['tokens']} tokens, {report['threads']} threads"
    yield ""
    yield from table(("kind of operation", "share"), [(kind, f"{part:.1%}") for kind, part in report["shares"].items()])


Section = Callable[[Report], Iterator[str]]
SECTIONS: dict[str, Section] = {
    "forward": forward,
    "profile": profile,
    "agreement": agreement,
    "served": served,
    "loadgen": mlperf,
    "cold_start": cold_start,
    "compare": compared,
}
PLOTS = {"forward": plots.throughput, "served": plots.latency, "compare": plots.comparison}


def origin(report: Report) -> Iterator[str]:
    machine = report["machine"]
    devices = ", ".join(machine["gpus"]) or "no GPU"
    yield (
        f"{report['date']}, {machine['cores']} cores of {machine['processor']} ({', '.join(machine['flags'])}), "
        f"{machine['memory_gb']} GB, {devices}."
    )
    yield ", ".join(f"{name} {number}" for name, number in report["versions"].items()) + "."


def write(directory: Path) -> None:
    """Write report.md, and the plot of every kind of report that has one."""
    reports = {file: json.loads(file.read_text("utf-8")) for file in sorted(directory.glob("*.json"))}
    lines, said = ["# Measurements"], None
    for kind, section in SECTIONS.items():
        for file, report in reports.items():
            if not file.name.startswith(kind):
                continue
            where = list(origin(report))
            if where != said:  # several machines or days may share a directory
                lines += ["", *where]
                said = where
            lines += ["", *section(report), "", f"`{report['command']}`"]
            if kind in PLOTS:
                picture = file.with_suffix(".png")
                PLOTS[kind](report, picture)
                lines += ["", f"![{file.stem}]({picture.name})"]
    (directory / "report.md").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
