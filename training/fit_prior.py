"""Fit how much a window's rank counts in long texts, and store it in the checkpoint beside the temperature.

    python -m training.fit_prior --data dev.jsonl --checkpoint checkpoints/embedded --work work

Paragraphs are joined into long texts, or stand beside each other as documents. Of every question, the most promising
windows are read, and the weight is the smallest with which the question's own paragraph is as probable as with the
best, within its standard error. Use development data, and run ``training.evaluate --calibrate`` first. ``--work`` keeps
what was read, so another run continues, and ``bench.shortlist`` shares it.
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
from training.evaluation.long_texts import document_cases, joined_cases
from training.evaluation.read_windows import logits_folder
from training.evaluation.shortlist import WEIGHTS, log_probabilities
from training.evaluation.weights import smallest_good_weight

_WINDOWS = 8  # if the server reads all by default
_CHARACTERS, _DOCUMENTS = 20_000, 64


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.fit_prior", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="SQuAD JSON or JSONL, also .xz")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=200, help="of each kind")
    parser.add_argument("--dtype", default="auto", help="of the model")
    parser.add_argument("--work", type=Path, help="directory that keeps what was read; bench.shortlist's will do")
    args = parser.parse_args(argv)
    default = Settings().max_windows
    windows = _WINDOWS if default == "all" else default
    found: dict[float, list[float]] = {weight: [] for weight in WEIGHTS}
    try:
        reader, paragraphs = Reader.open(args.checkpoint, dtype=args.dtype), read_questions(args.data)
        folder = args.work and logits_folder(args.work, args.checkpoint, args.dtype)
        for cases in (joined_cases(paragraphs, _CHARACTERS), document_cases(paragraphs, _DOCUMENTS)):
            for weight, values in log_probabilities(reader, cases[: args.questions], windows, folder).items():
                found[weight] += values
        best = smallest_good_weight(found)
    except (CheckpointError, RequestError, ValueError) as error:
        print(f"Nothing was fitted. {error}", file=sys.stderr)
        return 1
    for weight, values in found.items():
        print(f"weight {weight:3.1f}  log loss of the paragraph {-sum(values) / len(values):.3f}")
    store_metadata(args.checkpoint, {"prior_weight": best})
    print(f"prior_weight {best:g} stored in {args.checkpoint}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
