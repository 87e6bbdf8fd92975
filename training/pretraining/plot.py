"""Plot the curves of runs over the tokens they have seen.

    python -m training.pretraining.plot --run structured work/structured --run default work/default --key span \
        --out span.png

A run is a name and a directory that contains ``curve.jsonl``.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("agg")  # needs no display
from matplotlib import pyplot


def points(directory: Path, key: str) -> list[tuple[float, float]]:
    """Return (millions of tokens, value) of every line of the directory's curve that has ``key``."""
    lines = (directory / "curve.jsonl").read_text("utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    return [(entry["tokens_m"], entry[key]) for entry in entries if key in entry]


def draw(runs: Sequence[tuple[str, Path]], key: str, out: Path) -> None:
    """Plot one line for each named run.

    Raises:
        ValueError: a run has no such key.
    """
    figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
    for name, directory in runs:
        found = points(directory, key)
        if not found:
            raise ValueError(f"{directory / 'curve.jsonl'} has no {key}.")
        axes.plot(*zip(*found, strict=True), label=name, marker="." if len(found) < 60 else "")
    axes.set_xlabel("million tokens")
    axes.set_ylabel(key)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(out, dpi=150, metadata={"Software": None})
    pyplot.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m training.pretraining.plot", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--run", nargs=2, action="append", required=True, metavar=("NAME", "DIR"))
    parser.add_argument("--key", required=True, help="the key of curve.jsonl to plot: span, jsquad_valid_f1, …")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    draw([(name, Path(directory)) for name, directory in args.run], args.key, args.out)


if __name__ == "__main__":
    main()
