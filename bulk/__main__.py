"""Answer a table of questions: ``python -m bulk questions.parquet --output answers``."""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bulk.job import Corpus, Job, JobError
from ops.choice import Choice


def main(argv: Sequence[str] | None = None) -> int:
    args = _arguments(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        job = Job(
            tuple(args.inputs),
            args.output,
            args.checkpoint.resolve(),
            args.question_column,
            args.context_column,
            args.id_column,
            args.options,
            args.settings,
            args.workers,
            args.gpus,
            args.batch_rows,
            _corpus(args),
        )
        from bulk.run import run  # Ray takes seconds to import

        counts = run(job)
    except JobError as error:
        print(error, file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        print(f"{error.name} is not installed: run `make setup-bulk` first.", file=sys.stderr)
        return 2
    print(json.dumps({"output": args.output, "rows": sum(counts.values()), **counts}, ensure_ascii=False))
    return 0 if set(counts) <= {"ok"} else 1


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bulk", description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add(
        "inputs", nargs="+", metavar="INPUT", help="files or directories: .parquet, .jsonl or .csv; local, s3://, gs://"
    )
    add("--output", required=True, help="directory for the answered table, in the format of the input")
    add(
        "--checkpoint", type=Path, default=Choice().checkpoint, help="the model's directory, at this path on every node"
    )
    add("--question-column", default="question", metavar="NAME")
    add("--context-column", default="context", metavar="NAME", help="a text, or a list of texts")
    add("--corpus", nargs="+", metavar="INPUT", help="documents that the questions are asked over, instead of contexts")
    add("--corpus-id-column", default="id", metavar="NAME")
    add("--corpus-text-column", default="text", metavar="NAME")
    add(
        "--documents-column",
        metavar="NAME",
        help="ids of each question's documents in the corpus; without it, every question is asked over all documents",
    )
    add("--id-column", metavar="NAME", help="a column of unique values; with it, a killed job is resumed")
    add("--options", type=_json_object, default={}, metavar="JSON", help="fields of every request, as a JSON object")
    add("--settings", type=_json_object, default={}, metavar="JSON", help="settings of the handler, as a JSON object")
    add("--workers", type=int, default=0, help="engines; by default one per core, or all that share the GPUs")
    add("--gpus", type=float, default=0.0, help="GPUs per engine; 0.25 lets four share one")
    add("--batch-rows", type=int, default=128, help="rows that an engine answers together")
    args = parser.parse_args(argv)
    if args.documents_column and not args.corpus:
        parser.error("--documents-column names documents of a corpus: add --corpus.")
    return args


def _corpus(args: argparse.Namespace) -> Corpus | None:
    if not args.corpus:
        return None
    return Corpus(tuple(args.corpus), args.corpus_id_column, args.corpus_text_column, args.documents_column)


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not JSON") from None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError(f"{text!r} is not a JSON object")
    return value


if __name__ == "__main__":
    sys.exit(main())
