"""Fit how much a window's rank counts in long texts, and store it in the checkpoint beside the temperature.

    python -m training.fit_prior --data dev.jsonl --checkpoint checkpoints/embedded

Paragraphs are joined into long texts; of every question, the most promising windows are read, and the weight is the one
with which the answers' F1 is best. Use development data, and fit the temperature first.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from luke_qa.checkpoint import CheckpointError
from luke_qa.errors import RequestError
from luke_qa.settings import Settings
from ops.reader import Reader
from training.data.qa_data import read_questions
from training.evaluation.calibration import store_metadata
from training.evaluation.long_texts import joined_cases
from training.evaluation.shortlist import best_weight, fit_prior

_WINDOWS = 8


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.fit_prior", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="SQuAD JSON or JSONL, also .xz")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--characters", type=int, default=20_000, help="length of the texts")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--work", type=Path, help="directory that keeps what was read, as bench.shortlist's")
    args = parser.parse_args(argv)
    windows = Settings().max_windows
    try:
        cases = joined_cases(read_questions(args.data), args.characters)[: args.questions]
        found = fit_prior(Reader.open(args.checkpoint), cases, _WINDOWS if windows == "all" else windows, args.work)
    except (CheckpointError, RequestError, ValueError) as error:
        print(f"Nothing was fitted. {error}", file=sys.stderr)
        return 1
    for weight, value in found.items():
        print(f"weight {weight:3.1f}  F1 {100 * value:.1f}")
    best = best_weight(found)
    store_metadata(args.checkpoint, {"prior_weight": best})
    print(f"prior_weight {best:g} stored in {args.checkpoint}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
