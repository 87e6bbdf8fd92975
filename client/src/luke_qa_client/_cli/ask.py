"""``luke-qa ask``: one question, answered on the terminal."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from .._answers import Answer, Span
from .._printable import printable
from .common import UsageError, check_reachable, count_or_all, new_parser, open_client, utf8_argument
from .excerpt import excerpt
from .texts import STANDARD_INPUT, read_file, read_text

_DESCRIPTION: Final = """\
Find the answer to a question in a text. Prints one line per answer: the answer, its score (a probability) and its
position in code points. On a terminal, each answer is also shown in its sentence."""

_EPILOG: Final = """\
examples:
  luke-qa ask 何が好きですか 私は苺が好きです。
  luke-qa ask 誰が設計しましたか --file report.txt --top-k 3
  luke-qa ask いつ開きますか --file north.txt --file south.txt     the best answer across both
  curl -s https://example.org/page.txt | luke-qa ask いつできましたか -
  luke-qa ask 何が好きですか 私は苺が好きです。 --json | jq .score

exit status: 0 answered, 1 the server failed, 2 usage error or invalid request"""


def add_parser(commands: Any) -> None:
    parser = new_parser(commands, "ask", "find the answer to a question in a text", _DESCRIPTION, _EPILOG)
    parser.add_argument("question", metavar="QUESTION", type=utf8_argument, help="the question; - reads standard input")
    parser.add_argument(
        "context", metavar="CONTEXT", nargs="?", type=utf8_argument, help="the text; - reads standard input"
    )
    parser.add_argument(
        "--file", metavar="PATH", type=Path, action="append", help="read the text from a UTF-8 file; may be repeated"
    )
    parser.add_argument("--top-k", metavar="N", type=int, help="maximum number of answers (default: 1)")
    parser.add_argument(
        "--overlap", metavar="S", type=float, help="how much two answers may share, from 0 (nothing) to 1 (default: 1)"
    )
    parser.add_argument("--min-score", metavar="S", type=float, help="leave out answers that score less")
    parser.add_argument(
        "--max-windows",
        metavar="N",
        type=count_or_all,
        help="how many windows of a long text are read, or all (default: the server's)",
    )
    parser.add_argument(
        "--no-answer", action="store_true", help='return "no answer" if it is more likely than any answer'
    )
    parser.add_argument("--json", action="store_true", help="print the server's reply as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Ask, and print the answers."""
    files: list[Path] = options.file or []
    question, documents = _read(options.question, options.context, files)
    with open_client(options, patient=False) as client:
        check_reachable(client)
        answer = client.ask(
            question,
            documents if len(documents) > 1 else documents[0],
            top_k=options.top_k,
            overlap=options.overlap,
            min_score=options.min_score,
            max_windows=options.max_windows,
            handle_impossible_answer=options.no_answer or None,
        )
    if options.json:
        print(json.dumps(answer.to_dict(), ensure_ascii=False))
        return 0
    names = [str(file) for file in files] if len(files) > 1 else []
    if sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
        _show(answer, documents, names)
    else:
        print("\n".join(_line(span, names) for span in _spans(answer)))
    return 0


def _read(question: str, context: str | None, files: Sequence[Path]) -> tuple[str, list[str]]:
    if (context is None) == (not files):
        raise UsageError("Give the text either as CONTEXT or with --file, not both or neither.")
    if question == context == STANDARD_INPUT:
        raise UsageError("Standard input can be either the question or the text, not both.")
    asked = read_text(question).strip() if question == STANDARD_INPUT else question
    return asked, [read_text(context)] if context is not None else [read_file(file) for file in files]


def _spans(answer: Answer) -> list[Span]:
    return [answer.best, *answer.alternatives]


def _line(span: Span, names: Sequence[str]) -> str:
    text = printable(span.answer) or "(no answer)"
    place = "" if span.start is None else f"  [{span.start}:{span.end}]"
    document = _document(span, names)
    name = "" if document is None else f"  {printable(document)}"
    return f"{text}  {span.score:.4f}{place}{name}"


def _document(span: Span, documents: Sequence[str]) -> str | None:
    return documents[span.document] if span.document is not None and span.document < len(documents) else None


def _show(answer: Answer, documents: Sequence[str], names: Sequence[str]) -> None:
    """Print each answer in its sentence, highlighted in colour, or in reverse video without colours."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    for span in _spans(answer):
        console.print(Text(_line(span, names), "bold"))
        document = _document(span, documents)
        if document is not None and span.start is not None and span.end is not None:
            found = excerpt(document, span.start, span.end)
            marked = (printable(found.answer), "bold reverse green")
            console.print(Text.assemble("  ", printable(found.before), marked, printable(found.after)))
