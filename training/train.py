"""Run all stages from public text to a checkpoint: vocabulary, analysis, pretraining.

    python -m training.train --articles … --questions … --sentences … --books … --held-out … … \
        --work DIR --out CHECKPOINT [options of training.pretraining.pretrain]

A stage that ``--work`` records as complete for the same files is skipped, so the same command resumes an
interrupted run. The held-out sets are the run's development sets.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from training.examples.sources import TOKENIZER
from training.pretraining import pretrain

_CORPORA = ("articles", "questions", "sentences", "books")


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    for name in (*_CORPORA, "work", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--held-out", type=Path, nargs="+", required=True)
    parser.add_argument("--vocabulary-size", type=int, help="number of pieces; default: as in the embedded checkpoint")
    args, options = parser.parse_known_args(argv)
    corpora = [getattr(args, name) for name in _CORPORA]
    for path in (*corpora, *args.held_out):
        if not path.is_file():
            parser.error(f"{path} is not a file.")
    packed = args.work / "packed"
    pretraining = ["--data", str(packed), "--work", str(args.work / "run"), "--out", str(args.out)]
    pretraining += [*_each("--dev", args.held_out), *options]
    pretrain.arguments(pretraining)  # fail now on a wrong option, not hours later

    texts = [part for name, path in zip(_CORPORA, corpora, strict=True) for part in (f"--{name}", str(path))]
    size = ["--size", str(args.vocabulary_size)] if args.vocabulary_size else []
    _once("data.vocabulary", [*texts, *size, "--out", str(packed / TOKENIZER)], corpora, args.work)
    held_out = _each("--held-out", args.held_out)
    _once("data.analyse", [*texts, *held_out, "--out", str(packed)], [*corpora, *args.held_out], args.work)
    # The last stage replaces this process, so a signal reaches it directly.
    os.execv(sys.executable, [sys.executable, "-m", "training.pretraining.pretrain", *pretraining])


def _each(option: str, paths: list[Path]) -> list[str]:
    return [part for path in paths for part in (option, str(path))]


def _once(module: str, options: list[str], files: list[Path], work: Path) -> None:
    """Run a stage unless it is already complete for these options and files.

    Each stage runs in its own process, which frees gigabytes of memory before the next one starts.
    """
    asked = json.dumps([options, [(str(file.resolve()), _digest(file)) for file in files]])
    done = work / f"{module}.done"
    if done.is_file() and done.read_text("utf-8") == asked:
        return
    done.unlink(missing_ok=True)
    if code := subprocess.run([sys.executable, "-m", f"training.{module}", *options]).returncode:
        sys.exit(code)
    done.write_text(asked, "utf-8")


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


if __name__ == "__main__":
    main()
