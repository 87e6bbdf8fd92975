"""Plots of the measurements."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure


@contextmanager
def _axes(file: Path, height: float = 3.6) -> Iterator[Axes]:
    figure = Figure(figsize=(7, height), layout="constrained")
    yield figure.subplots()
    figure.savefig(file, dpi=110, metadata={"Software": None})


def latency(report: dict[str, Any], file: Path) -> None:
    """Latency against offered load."""
    loads = report["loads"]
    with _axes(file) as axes:
        for name in ("p50", "p95", "p99"):
            axes.plot([100 * load["load"] for load in loads], [load[name] for load in loads], marker="o", label=name)
        axes.set(xlabel="offered load, % of saturation", ylabel="latency from the scheduled arrival, ms", yscale="log")
        axes.set_title(report["name"])
        axes.grid(alpha=0.3, which="both")
        axes.legend()


def throughput(report: dict[str, Any], file: Path) -> None:
    """Throughput of each backend and precision, as ratios, for each set of windows."""
    speeds = report["speed"]
    sets = list(dict.fromkeys(speed["windows"] for speed in speeds))
    names = list(dict.fromkeys(speed["name"] for speed in speeds))
    width = 0.8 / len(names)
    with _axes(file, 4.2) as axes:
        for number, name in enumerate(names):
            ratios = [speed["ratio"] for speed in speeds if speed["name"] == name]
            axes.bar([at + number * width for at in range(len(sets))], ratios, width, label=name)
        axes.set_xticks([at + 0.4 - width / 2 for at in range(len(sets))], sets)
        axes.set(xlabel="windows x tokens", ylabel="speed relative to transformers float32, one by one")
        axes.grid(axis="y", alpha=0.3)
        axes.legend(fontsize="small")


def comparison(report: dict[str, Any], file: Path) -> None:
    """The throughput of every server relative to the first, and the share of answers that equal the bare engine's."""
    servers = sorted(report["servers"], key=lambda server: float(server["ratio"]))
    with _axes(file, 0.6 + 0.36 * len(servers)) as axes:
        bars = axes.barh([server["name"] for server in servers], [server["ratio"] for server in servers])
        axes.bar_label(
            bars, [f"{s['ratio']:.2f}  ({s['same']:.0%} the same)" for s in servers], padding=3, fontsize="small"
        )
        axes.set(xlabel=f"answers per second, relative to {report['servers'][0]['name']}")
        axes.margins(x=0.4)  # room for the labels


def shortlist_curve(report: dict[str, Any], file: Path) -> None:
    """Exact match against the number of windows read, for each kind of texts; the mean of the question sets."""
    rows = [row for row in report["rows"] if row["asked"] == "all"]
    with _axes(file, 4.2) as axes:
        for texts in dict.fromkeys(row["texts"] for row in rows):
            for prior, style in ((True, "-"), (False, ":")):
                of_kind = [
                    row for row in rows if row["texts"] == texts and row["prior"] == prior and row["max_windows"]
                ]
                counts = sorted({row["max_windows"] for row in of_kind})
                means = [mean(row["exact_match"] for row in of_kind if row["max_windows"] == count) for count in counts]
                label = f"{texts}{'' if prior else ', ranks not counted'}"
                axes.plot(counts, means, style, marker="o", label=label)
        axes.set(xlabel="windows read at most", ylabel="exact match, %", xscale="log")
        axes.set_xticks(counts, [str(count) for count in counts])
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small")
