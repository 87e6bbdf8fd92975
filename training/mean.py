"""Write the mean of checkpoints of one architecture, weight by weight, each with the same share.

    python -m training.mean checkpoints/embedded work/continuation work/another --out work/mean

A run and its continuations err on different questions, and their mean may err on fewer. Its temperature and the like
are those of the first: fit them anew (``training.evaluate --calibrate``, ``training.fit_prior``).
"""

import argparse
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from luke_qa.checkpoint import SAFETENSORS_FILE, TOKENIZER_FILE


def mean(checkpoints: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Return the mean of weights of the same names and shapes, computed in float32, in the first's type.

    Raises:
        ValueError: they have other names or shapes.
    """
    first, *others = checkpoints
    if any(_shapes(other) != _shapes(first) for other in others):
        raise ValueError("The checkpoints have different weights: only those of one architecture have a mean.")
    return {
        name: torch.stack([weights[name].float() for weights in checkpoints]).mean(0).to(weight.dtype)
        for name, weight in first.items()
    }


def _shapes(weights: Mapping[str, Tensor]) -> dict[str, torch.Size]:
    return {name: weight.shape for name, weight in weights.items()}


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.mean", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("first", type=Path)
    parser.add_argument("others", type=Path, nargs="+", metavar="other")
    parser.add_argument("--out", type=Path, required=True, help="a directory that does not exist yet")
    args = parser.parse_args(argv)
    try:
        directories = [args.first, *args.others]
        if len({(directory / TOKENIZER_FILE).read_bytes() for directory in directories}) > 1:
            raise ValueError("The checkpoints have different tokenizers, so their embeddings have no mean.")
        weights = mean([load_file(directory / SAFETENSORS_FILE) for directory in directories])
        shutil.copytree(args.first, args.out)
    except (OSError, ValueError, SafetensorError) as error:
        print(f"Nothing was written. {error}", file=sys.stderr)
        return 1
    save_file(weights, args.out / SAFETENSORS_FILE, metadata={"format": "pt"})
    return 0


if __name__ == "__main__":
    sys.exit(main())
