"""What `make bench` measured, as Markdown.

    python -m bench.report DIR > report.md

Reads the reports that `bench.forward`, `bench.agreement`, `bench.served` and `bench.loadgen` wrote to DIR:
`forward*.json`, `agreement.json`, `served*.json`, `loadgen*.json`.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

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
        f"{report['threads']} threads"
    )
    yield f"\ntorch {report['torch']}, transformers {report['transformers']}, {report['device']}.\n"
    rows = [(a["name"], f"{a['max_difference']:.1e}", f"{100 * a['relative_norm']:.3f} %") for a in report["agreement"]]
    yield from table(("logits against transformers float32", "largest difference", "of their norm"), rows)
    yield ""
    columns = {label: list(group) for label, group in groupby(report["speed"], lambda speed: speed["windows"])}
    names = [speed["name"] for speed in next(iter(columns.values()))]
    body = [
        (name, *(f"{speeds[i]['ratio']:.2f} ({speeds[i]['share']:.0%})" for speeds in columns.values()))
        for i, name in enumerate(names)
    ]
    yield from table(("times transformers float32 one by one (share of GEMM)", *columns), body)
    spread = max(speed["spread"] for speed in report["speed"])
    yield f"\nLargest spread of one way's turns, (slowest - fastest) / median: {spread:.2f}."


def agreement(report: Report) -> Iterator[str]:
    yield f"### Answers: {report['data']}"
    yield ""
    rows = [
        (
            f"{run['engine']} {run['device']} {run['dtype']}",
            run["questions"],
            f"{run['exact_match']:.2f} / {run['f1']:.2f}",
            f"{run['same_answer']:.1f} %",
            f"{run['max_score_difference']:.4f}",
        )
        for run in report["runs"]
    ]
    yield from table(
        ("", "questions", "EM / F1", "same answer as torch float32", "largest difference of a score"), rows
    )


def served(report: Report) -> Iterator[str]:
    saturation, engine, recovery = report["saturation"], report["engine"], report["recovery"]
    yield f"### Served: {report['name']}"
    facts = (
        ("engine", f"{engine['engine']} {engine['dtype']}"),
        ("saturation (64 callers) / bare engine", f"{saturation['of_bare']:.0%}"),
        ("answers the same as the bare engine's", f"{saturation['same']:.1%}"),
        ("a lone request, over the bare engine (p50)", f"{report['alone']['p50_over_bare_ms']:.1f} ms"),
        (
            f"latencies as before, after twice saturation for {recovery['burst_seconds']:.0f} s",
            f"{recovery['recovered_seconds']:.1f} s later",
        ),
        (
            "p99 of short requests beside one caller about 20,000 characters / without",
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
    yield "\nLatencies from the scheduled arrival, in units of the p50 at the lowest load."


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
    yield from table(("scenario", "samples", "failed", "rate, of Offline", "p50", "p99", "valid for LoadGen"), rows)
    yield "\nLatencies in units of SingleStream's p50: Server's from the scheduled arrival, Offline's from the start."


def compared(report: Report) -> Iterator[str]:
    yield f"### Beside other servers: {report['checkpoint']}, {report['cores']} cores"
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
    head = ("", "answers a second, ratio", "p50", "p99", "failed", "same answers as our engine", "as the card's lines")
    yield from table(head, rows)
    spread = max(server["spread"] for server in report["servers"])
    yield f"\nLatencies in units of the first's p50. Largest spread, (slowest - fastest) / median: {spread:.2f}."
    for name, error in report["errors"].items():
        yield f"\nNot run: {name}.\n\n```text\n{error}\n```"


def main() -> int:
    directory = Path(sys.argv[1])
    kinds = {"forward": forward, "agreement": agreement, "served": served, "loadgen": mlperf, "compare": compared}
    for file in sorted(directory.glob("*.json")):
        kind = next((kind for kind in kinds if file.name.startswith(kind)), None)
        if kind:
            print(*kinds[kind](json.loads(file.read_text("utf-8"))), sep="\n", end="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
