"""``luke-qa batch``: a file of questions, with the answers written to another."""

import argparse
import hashlib
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from .._batch.disk import add_suffix
from .._batch.formats import Sink, Source, check_suffix, open_sink, open_source, open_stream
from .._batch.journal import Journal, JournalError
from .._batch.patience import ServerLostError
from .._batch.rows import InputError
from .._batch.run import COMMIT_SECONDS, Destination, rows_and_columns, run_batch
from .._batch.state import Counts
from .._batch.streams import Streams
from .._errors import LukeQAError
from .common import FAILED, INTERRUPTED, UsageError, check_reachable, complain, new_parser, open_client, positive, say
from .progress import progress_bar
from .texts import STANDARD_INPUT

_STREAM: Final = Path(STANDARD_INPUT)

_DESCRIPTION: Final = """\
Answer the questions in a file. Input and output are JSON Lines, CSV (UTF-8, with a header) or Parquet, by file suffix,
and may be in different formats. Each row needs the columns question and context. Other columns are copied, and the
columns answer, score, start, end, document and no_answer_score are added.

Rows that fail go to a separate JSON Lines file, with their line and the reason under "error". That file is a valid
input: process it once the cause is fixed.

OUT appears when every row is done. Until then the results are in OUT.part and OUT.state. Run the same command to resume
after any interruption: Ctrl-C, a kill, a power failure, an unreachable server. No row is lost or repeated, and OUT is
the same as without the interruption. An existing OUT is never overwritten.

- means JSON Lines on standard input or output. Such a run cannot be resumed. The last answers are written when the
input ends, so a program must not wait for an answer before it sends the next row."""

_EPILOG: Final = """\
examples:
  luke-qa batch questions.jsonl answers.jsonl
  luke-qa batch questions.csv answers.parquet --no-answer
  luke-qa batch answers.jsonl.errors.jsonl again.jsonl
  jq -c '{question: .q, context: .text}' raw.jsonl | luke-qa batch - - > answers.jsonl

exit status: 0 all rows answered, 1 a row failed or the server became unreachable, 2 usage error or unreadable input,
130 Ctrl-C"""


def add_parser(commands: Any) -> None:
    parser = new_parser(commands, "batch", "answer a file of questions", _DESCRIPTION, _EPILOG)
    parser.add_argument("input", metavar="IN", type=Path, help=".jsonl, .csv or .parquet; - is standard input")
    parser.add_argument("output", metavar="OUT", type=Path, help=".jsonl, .csv or .parquet; - is standard output")
    parser.add_argument(
        "--errors",
        metavar="PATH",
        type=Path,
        help="file for rows that fail (default: OUT.errors.jsonl, or standard error if OUT is -)",
    )
    parser.add_argument("--concurrency", metavar="N", type=positive, default=8, help="concurrent requests (default: 8)")
    parser.add_argument(
        "--no-answer", action="store_true", help='return "no answer" if it is more likely than any answer'
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Answer the rows that are not done yet."""
    try:
        with ExitStack() as stack:
            return _run(options, stack)
    except (InputError, JournalError) as error:
        raise UsageError(error) from error


def _run(options: argparse.Namespace, stack: ExitStack) -> int:
    _check_errors(options)
    suffix = ".jsonl" if options.output == _STREAM else check_suffix(options.output)
    source = _open_source(options.input, stack)
    rows, columns = (source.rows(), ()) if suffix == ".jsonl" else rows_and_columns(source)
    sink = open_sink(suffix, source, columns)
    client = stack.enter_context(open_client(options))
    check_reachable(client)
    errors = _errors(options)
    if options.output == _STREAM:
        destination: Destination = _streams(sink, options.errors, stack)
    else:
        begun = {"input": _identity(options.input), "columns": list(columns), "no_answer": options.no_answer}
        destination = stack.enter_context(Journal(options.output, errors, sink, begun))
    if destination.counts.rows:
        say(f"Resuming after {destination.counts.rows:,} rows.")
    try:
        with progress_bar(source.size, "rows") as progress:
            run_batch(
                client,
                rows,
                destination,
                concurrency=options.concurrency,
                commit_seconds=0.0 if options.output == _STREAM else COMMIT_SECONDS,
                progress=lambda row, result: progress(row.position, failed=isinstance(result, LukeQAError)),
                handle_impossible_answer=options.no_answer or None,
            )
    except ServerLostError as error:
        return complain(f"{error} {_so_far(destination.counts, options)}", FAILED)
    except KeyboardInterrupt:
        return complain(_so_far(destination.counts, options), INTERRUPTED)
    counts = destination.counts
    where = "standard error" if options.output == _STREAM and not options.errors else errors
    say(f"{counts.answered:,} answered" + (f", {counts.failed:,} failed: see {where}." if counts.failed else "."))
    return FAILED if counts.failed else 0


def _errors(options: argparse.Namespace) -> Path:
    return options.errors or add_suffix(options.output, ".errors.jsonl")


def _check_errors(options: argparse.Namespace) -> None:
    out, errors = options.output, _errors(options)
    for path in (options.input, out, add_suffix(out, ".part"), add_suffix(out, ".state")):
        if errors.resolve() == path.resolve():
            raise UsageError(f"The errors cannot be written to {errors}: this batch uses that file for something else.")


def _open_source(path: Path, stack: ExitStack) -> Source:
    if path != _STREAM:
        return stack.enter_context(open_source(path))
    if sys.stdin is None:
        raise UsageError("Standard input is closed.")
    return open_stream(sys.stdin.buffer)


def _streams(sink: Sink, errors: Path | None, stack: ExitStack) -> Streams:
    if errors is None:
        return Streams(sink, sys.stdout.buffer, sys.stderr.buffer)
    try:
        return Streams(sink, sys.stdout.buffer, stack.enter_context(errors.open("xb")))
    except OSError as error:
        raise UsageError(f"{errors} cannot be written: {error.strerror}.") from error


def _identity(path: Path) -> str:
    """Return the digest of the whole input, which identifies it."""
    if path == _STREAM:
        return uuid4().hex  # what came through a pipe cannot be read again
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _so_far(counts: Counts, options: argparse.Namespace) -> str:
    resume = "" if _STREAM in (options.input, options.output) else " Run the same command to resume."
    return f"{counts.rows:,} rows are done.{resume}"
