"""The command ``luke-qa``."""

import argparse
import json
import os
import re
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Final

from ._answers import Answer, Span
from ._client import DEFAULT_URL, LukeQAClient
from ._errors import BadRequestError, LukeQAError

_FAILED: Final = 1
_BAD_USAGE: Final = 2  # argparse's own, and a request that the server holds to be wrong
_INTERRUPTED: Final = 130  # what shells report for Ctrl-C

_CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


class _UsageError(Exception):
    """The command line cannot be followed; the message says why."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status: 0, 1 (no answer to be had), 2 (bad request)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # whatever the locale; a lone surrogate is escaped
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        options = _parser().parse_args(arguments)
        _ask(options)
        sys.stdout.flush()  # here, where a closed pipe can still be handled
    except (_UsageError, BadRequestError) as error:
        return _complain(error, _BAD_USAGE)
    except LukeQAError as error:
        return _complain(error, _FAILED)
    except BrokenPipeError:
        # The reader has gone, as `head` does. Python would complain on its way out too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _FAILED
    except KeyboardInterrupt:
        return _INTERRUPTED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="luke-qa", description="Ask a LUKE question-answering server for Japanese.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    ask = commands.add_parser(
        "ask",
        help="find the answer to a question in a text",
        description="Find the answer to a question in a text. Prints the answer, its score and "
        "its place in code points; then, with --top-k, the next ones.",
        epilog="Exit status: 0 answered, 1 the server gave no answer, 2 a bad request.",
    )
    ask.add_argument("question", metavar="QUESTION", help="for example 何が好きですか")
    ask.add_argument("context", metavar="CONTEXT", nargs="?", help="the text; - reads it from standard input")
    ask.add_argument("--file", metavar="PATH", type=Path, help="read the text from this file")
    ask.add_argument("--json", action="store_true", help="print the server's answer object")
    ask.add_argument("--top-k", metavar="N", type=int, help="how many answers at most (1)")
    ask.add_argument(
        "--url",
        metavar="URL",
        help=f"the server, http:// or grpc:// ($LUKE_QA_URL, else {DEFAULT_URL})",
    )
    ask.add_argument("--token", metavar="T", help="the inference key ($LUKE_QA_TOKEN)")
    return parser


def _ask(options: argparse.Namespace) -> None:
    context = _context(options.context, options.file)
    with _client(options.url, options.token) as client:
        answer = client.ask(options.question, context, top_k=options.top_k)
    if options.json:
        print(json.dumps(answer.to_dict(), ensure_ascii=False))
    else:
        print("\n".join(_lines(answer)))


def _client(url: str | None, token: str | None) -> LukeQAClient:
    url = url or os.environ.get("LUKE_QA_URL") or DEFAULT_URL
    token = token or os.environ.get("LUKE_QA_TOKEN") or None
    try:
        return LukeQAClient(url, token=token)
    except ValueError as error:
        raise _UsageError(error) from error


def _context(argument: str | None, file: Path | None) -> str:
    if (argument is None) == (file is None):
        raise _UsageError("Give the text either as CONTEXT or with --file.")
    if argument is not None and argument != "-":
        return argument
    name = "standard input" if file is None else str(file)
    try:
        # Decoded from bytes: text mode would change line ends, and with them the offsets.
        return (sys.stdin.buffer.read() if file is None else file.read_bytes()).decode()
    except UnicodeDecodeError as error:
        raise _UsageError(f"{name} is not UTF-8 (byte {error.start}).") from error
    except OSError as error:
        raise _UsageError(f"{name} cannot be read: {error.strerror}.") from error


def _lines(answer: Answer) -> list[str]:
    """Return a line for the best answer and one for each alternative."""
    return [_line(span) for span in (answer.best, *answer.alternatives)]


def _line(span: Span) -> str:
    # Text from a context may hold anything; a terminal is not to obey it, nor a line to be two.
    text = _CONTROL_CHARACTERS.sub(" ", span.answer) or "(no answer)"
    place = "" if span.start is None else f"  [{span.start}:{span.end}]"
    return f"{text}  {span.score:.4f}{place}"


def _complain(error: Exception, status: int) -> int:
    print(f"luke-qa: {error}", file=sys.stderr)
    return status
