"""All stages from public text to a checkpoint that serves: vocabulary, analysis, pretraining.

    python -m training.train --articles … --questions … --sentences … --books … --held-out … [--held-out …] \
        --work DIR --out CHECKPOINT [options of training.pretrain]

A stage whose result lies in `--work` is not repeated, so the same command goes on after a stop. The held-out sets are
the development sets of the run.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from training.sources import TOKENIZER

_CORPORA = ("articles", "questions", "sentences", "books")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    for name in (*_CORPORA, "work", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--held-out", type=Path, action="append", required=True)
    parser.add_argument("--vocabulary-size", type=int, default=11_580)
    args, pretraining = parser.parse_known_args()
    packed = args.work / "packed"
    corpora = [part for name in _CORPORA for part in (f"--{name}", str(getattr(args, name)))]
    if not (packed / TOKENIZER).exists():
        _stage("vocabulary", *corpora, "--size", str(args.vocabulary_size), "--out", str(packed / TOKENIZER))
    if not (packed / "questions.jsonl.xz").exists():  # what the analysis writes last
        _stage("analyse", *corpora, *_each("--held-out", args.held_out), "--out", str(packed))
    run = ["--data", str(packed), "--work", str(args.work / "run"), "--out", str(args.out)]
    _stage("pretrain", *run, *_each("--dev", args.held_out), *pretraining)


def _each(option: str, paths: list[Path]) -> list[str]:
    return [part for path in paths for part in (option, str(path))]


def _stage(module: str, *options: str) -> None:
    """Run a stage in a process of its own: each takes gigabytes that the next one needs."""
    done = subprocess.run([sys.executable, "-m", f"training.{module}", *options])
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()
