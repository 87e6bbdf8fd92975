"""``luke-qa batch``: a file of questions, with the answers written to another."""

import argparse
import hashlib
import sys
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from .._batch.disk import add_suffix
from .._batch.formats import OTHER_WORKBOOKS, SUFFIXES, Sink, Source, check_suffix, open_sink, open_source, open_stream
from .._batch.journal import Journal, JournalError
from .._batch.patience import ServerLostError
from .._batch.results import Results
from .._batch.rows import Columns, InputError
from .._batch.run import COMMIT_SECONDS, Destination, rows_and_columns, run_batch
from .._batch.state import Counts
from .._batch.streams import Streams
from .._batch.values import json_line
from .._errors import LukeQAError
from .common import FAILED, INTERRUPTED, UsageError, check_reachable, complain, new_parser, open_client, say
from .documents import read_documents
from .numbers import positive
from .progress import progress_bar
from .texts import STANDARD_INPUT

_STREAM: Final = Path(STANDARD_INPUT)

_PLACES: Final = {"input": "IN", "output": "OUT"}  # the arguments, by what they are called in messages

_SUFFIXES: Final = f"{', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"

_DESCRIPTION: Final = """\
Answer the questions in a file. Input and output are JSON Lines, CSV, TSV, Excel (.xlsx) or Parquet, by file suffix, and
may be in different formats. Each row needs the columns question and context, or those that are named; with --file,
every question is asked of these documents. The encoding of the input is recognised, and said unless it is UTF-8. Other
columns are copied, and the columns answer, score, start, end, document, no_answer_score, place_score and confidence are
added, with --file also document_title, with --top-k above 1 also all_answers. If the input is the output of an earlier
run, these columns are replaced. An answer whose confidence is none is probably not in the text: it is written and
counted.

Rows that fail go to a separate JSON Lines file, whole, with their line and the reason under "error". A row that could
not be read as columns is kept as text there. Mend the rows in that file and process it.

OUT appears when every row is done. Until then the results are in OUT.part and OUT.state. Run the same command to resume
after any interruption: Ctrl-C, a kill, a power failure, an unreachable server. No row is lost or repeated, and OUT is
the same as without the interruption. An existing OUT is overwritten only with --force, which starts anew: to resume
such a run, leave --force out.

- means JSON Lines on standard input or output. Such a run cannot be resumed. The last answers are written when the
input ends, so a program must not wait for an answer before it sends the next row."""

_EPILOG: Final = """\
examples:
  luke-qa batch questions.jsonl answers.jsonl
  luke-qa batch questions.csv answers.parquet --no-answer
  luke-qa batch faq.xlsx answers.xlsx --question-column 質問 --context-column 本文
  luke-qa batch questions.csv answers.csv --file manual.pdf --excel
  luke-qa batch answers.jsonl.errors.jsonl again.jsonl
  jq -c '{question: .q, context: .text}' raw.jsonl | luke-qa batch - - > answers.jsonl

exit status: 0 all rows answered, 1 a row failed or the server became unreachable, 2 usage error or unreadable input,
130 Ctrl-C"""


def add_parser(commands: Any) -> None:
    parser = new_parser(commands, "batch", "answer a file of questions", _DESCRIPTION, _EPILOG)
    parser.usage = "%(prog)s [-h] [OPTION ...] IN OUT"  # argparse must not require what _find_places may find
    parser.add_argument("input", metavar="IN", nargs="?", help=f"{_SUFFIXES}; - is standard input")
    parser.add_argument("output", metavar="OUT", nargs="?", help=f"{_SUFFIXES}; - is standard output")
    parser.add_argument(
        "--errors",
        metavar="PATH",
        type=Path,
        help="file for rows that fail, in JSON Lines (default: OUT.errors.jsonl, or standard error if OUT is -)",
    )
    reading = parser.add_argument_group("input")
    reading.add_argument("--question-column", metavar="NAME", default="question", help="the column of the questions")
    reading.add_argument("--context-column", metavar="NAME", default="context", help="the column of the texts")
    reading.add_argument(
        "--file",
        metavar="PATH",
        nargs="+",
        action="extend",
        default=[],
        help="ask every question of these files (text, Markdown, HTML, PDF, Word), folders or patterns",
    )
    reading.add_argument("--encoding", metavar="NAME", help="of a text file (default: recognised), such as cp932")
    reading.add_argument("--limit", metavar="N", type=positive, help="answer only the first N rows")
    writing = parser.add_argument_group("output")
    writing.add_argument("--top-k", metavar="N", type=positive, help="maximum number of answers to a row (default: 1)")
    writing.add_argument("--excel", action="store_true", help="write CSV with the byte order mark that Excel needs")
    writing.add_argument("--force", action="store_true", help="start anew, and replace OUT and its other files")
    parser.add_argument("--concurrency", metavar="N", type=positive, default=8, help="concurrent requests (default: 8)")
    parser.add_argument(
        "--no-answer", action="store_true", help='return "no answer" if it is more likely than any answer'
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Answer the rows that are not done yet."""
    try:
        _find_places(options)
        with ExitStack() as stack:
            return _run(options, stack)
    except (InputError, JournalError) as error:
        raise UsageError(error) from error


def _run(options: argparse.Namespace, stack: ExitStack) -> int:
    _check_errors(options)
    suffix = ".jsonl" if options.output == _STREAM else check_suffix(options.output)
    if options.excel and suffix not in (".csv", ".tsv"):
        raise UsageError("--excel is for an OUT that is .csv or .tsv.")
    documents = read_documents([Path(file) for file in options.file]) if options.file else []
    columns = Columns(
        options.question_column, options.context_column, [document.text for document in documents] or None
    )
    source = _open_source(options, columns, stack)
    rows, names = (source.rows(), ()) if suffix == ".jsonl" else rows_and_columns(source, columns)
    titles = [document.title for document in documents] or None
    results = Results(all_answers=(options.top_k or 1) > 1, titles=titles)
    sink = open_sink(suffix, source, names, results, excel=options.excel)
    client = stack.enter_context(open_client(options))
    check_reachable(client)
    errors = _errors(options)
    if options.output == _STREAM:
        destination: Destination = _streams(sink, options.errors, stack)
    else:
        begun = {"input": _identity(options.input), "columns": list(names), **_settings(options, columns)}
        destination = stack.enter_context(Journal(options.output, errors, sink, begun, force=options.force))
    if destination.counts.rows:
        say(f"Resuming after {destination.counts.rows:,} rows.")
    try:
        with progress_bar(source.size, "rows") as progress:
            run_batch(
                client,
                islice(rows, options.limit),
                destination,
                concurrency=options.concurrency,
                commit_seconds=0.0 if options.output == _STREAM else COMMIT_SECONDS,
                progress=lambda row, result: progress(row.position, failed=isinstance(result, LukeQAError)),
                top_k=options.top_k,
                handle_impossible_answer=options.no_answer or None,
                join_lines=any(document.is_wrapped for document in documents) or None,
            )
    except ServerLostError as error:
        return complain(f"{error} {_so_far(destination.counts, options)}", FAILED)
    except KeyboardInterrupt:
        return complain(_so_far(destination.counts, options), INTERRUPTED)
    counts = destination.counts
    where = "standard error" if options.output == _STREAM and not options.errors else errors
    say(_summary(counts, where) if counts.rows else f"{_shown(options.input)} has no rows: nothing was asked.")
    return FAILED if counts.failed else 0


def _find_places(options: argparse.Namespace) -> None:
    """Make IN and OUT paths. If one is missing, it may stand behind ``--file``, which takes every path after it.

    Raises:
        UsageError: it does not.
    """
    files: list[str] = options.file
    missing = [name for name in ("input", "output") if getattr(options, name) is None]
    for name in reversed(missing):
        if len(files) < 2 or not _may_be_place(files[-1], is_written=name == "output"):
            where = ", before --file, which takes every path after it" if files else ""
            said = f"Give {' and '.join(_PLACES[name] for name in missing)}{where}."
            if len(files) > 1 and _may_be_place(files[-1], is_written=False):
                said += f" {files[-1]} exists, so it is taken as a document."
            raise UsageError(said)
        setattr(options, name, files.pop())
    options.input, options.output = Path(options.input), Path(options.output)


def _may_be_place(word: str, *, is_written: bool) -> bool:
    """Return whether a word after ``--file`` is IN or OUT. What exists is rather a document, or IN, than OUT."""
    path = Path(word)
    return path == _STREAM or (path.suffix.lower() in SUFFIXES and not (is_written and path.exists()))


def _summary(counts: Counts, errors: object) -> str:
    absent = f", {counts.absent:,} of them probably not in the text (confidence none)" if counts.absent else ""
    failed = f", {counts.failed:,} failed: see {errors}" if counts.failed else ""
    return f"{counts.answered:,} answered{absent}{failed}."


def _shown(path: Path) -> str:
    return "Standard input" if path == _STREAM else str(path)


def _settings(options: argparse.Namespace, columns: Columns) -> dict[str, Any]:
    """Return what else the output depends on."""
    texts = hashlib.sha256(json_line({"documents": columns.documents}))
    names = ("no_answer", "question_column", "context_column", "encoding", "top_k", "limit", "excel")
    return {**{name: getattr(options, name) for name in names}, "documents": texts.hexdigest()}


def _errors(options: argparse.Namespace) -> Path:
    return options.errors or add_suffix(options.output, ".errors.jsonl")


def _check_errors(options: argparse.Namespace) -> None:
    out, errors = options.output, _errors(options)
    if out != _STREAM and out.resolve() == options.input.resolve():
        raise UsageError(f"{out} is the input: choose another OUT.")
    for path in (options.input, out, add_suffix(out, ".part"), add_suffix(out, ".state")):
        if errors.resolve() == path.resolve():
            raise UsageError(f"The errors cannot be written to {errors}: this batch uses that file for something else.")
    if errors.suffix.lower() in {*SUFFIXES, *OTHER_WORKBOOKS} - {".jsonl"}:
        raise UsageError(f"{errors} must not end in {errors.suffix}: errors are written as JSON Lines.")


def _open_source(options: argparse.Namespace, columns: Columns, stack: ExitStack) -> Source:
    if options.input != _STREAM:
        source = stack.enter_context(open_source(options.input, columns, options.encoding))
        if source.encoding not in (None, "UTF-8") and options.encoding is None:
            say(f"{options.input} is read as {source.encoding}.")
        return source
    if sys.stdin is None:
        raise UsageError("Standard input is closed.")
    return open_stream(sys.stdin.buffer, columns, options.encoding)


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
    if _STREAM in (options.input, options.output):
        return f"{counts.rows:,} rows are done."
    how = "without --force " if options.force else ""
    return f"{counts.rows:,} rows are done. Run the same command {how}to resume."
