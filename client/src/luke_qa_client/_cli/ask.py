"""``luke-qa ask``: one question, answered on the terminal."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from .._answers import Answer, Span
from .._documents import Context
from .._documents import Document as TitledText
from .._excerpt import excerpt
from .._printable import printable
from .common import (
    NOT_IN_THE_TEXT,
    UsageError,
    check_reachable,
    new_parser,
    open_client,
    say,
    utf8_argument,
)
from .documents import Document, read_documents
from .numbers import count_or_all
from .texts import STANDARD_INPUT, read_standard_input, read_text
from .waiting import waiting

_DESCRIPTION: Final = """\
Find the answer to a question in a text. Prints one line per answer: the answer, its score (a probability) and its
position in code points. If the answer is probably not in the text, that is said instead. If the server is merely not
sure, a message on standard error says so. On a terminal, each answer is also shown in its sentence."""

_EPILOG: Final = """\
examples:
  luke-qa ask 何が好きですか 私は苺が好きです。
  luke-qa ask 誰が設計しましたか --file report.txt --top-k 3
  luke-qa ask いつ開きますか --file north.txt south.txt     the best answer across both
  luke-qa ask いつ開きますか --file manuals/                all files in a folder
  luke-qa ask 保証期間は何年ですか --file manual.pdf        the answer with its page
  curl -s https://example.org/page.txt | luke-qa ask いつできましたか
  luke-qa ask 何が好きですか 私は苺が好きです。 --json | jq .score
  luke-qa ask 誰が好きですか 明日は雨です。 --guess               the best guess in any case

exit status: 0 answered, 1 no answer came (no server, no key, an error of the server), 2 usage error, invalid request or
too much text, 3 probably not in the text, 130 Ctrl-C"""

_NOT_THERE: Final = "(probably not in the text)"


def add_parser(commands: Any) -> None:
    parser = new_parser(commands, "ask", "find the answer to a question in a text", _DESCRIPTION, _EPILOG)
    parser.add_argument(
        "question", metavar="QUESTION", nargs="?", type=utf8_argument, help="the question; - reads standard input"
    )
    parser.add_argument(
        "context",
        metavar="CONTEXT",
        nargs="?",
        type=utf8_argument,
        help="the text; without it and --file, and with -, standard input",
    )
    parser.add_argument(
        "--file",
        metavar="PATH",
        nargs="+",
        action="extend",
        default=[],
        help="read the text from files (text, Markdown, HTML, PDF, Word), folders or patterns; may be repeated",
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
        help="how many windows of a long text are read at most, or all (default: the server's)",
    )
    parser.add_argument(
        "--no-answer", action="store_true", help='return "no answer" if it is more likely than any answer'
    )
    parser.add_argument(
        "--guess", action="store_true", help="print the best guess even if the answer is probably not in the text"
    )
    parser.add_argument("--json", action="store_true", help="print the server's reply as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Ask, and print the answers."""
    question, documents = _read(options)
    with open_client(options, patient=False) as client, waiting("Asking"):
        check_reachable(client)
        answer = client.ask(
            question,
            _context(documents),
            top_k=options.top_k,
            overlap=options.overlap,
            min_score=options.min_score,
            max_windows=options.max_windows,
            handle_impossible_answer=options.no_answer or None,
            join_lines=any(document.is_wrapped for document in documents) or None,
        )
    if options.json:
        print(json.dumps(answer.to_dict(), ensure_ascii=False))
        return _status(answer)
    names = [document.title for document in documents] if len(documents) > 1 or documents[0].is_wrapped else []
    if answer.confidence == "none" and not options.guess:
        print(f"{_NOT_THERE}  {answer.score if answer.start is None else answer.no_answer_score:.4f}")
        return NOT_IN_THE_TEXT
    if sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
        _show(answer, [document.text for document in documents], names)
    else:
        print("\n".join(_line(span, names) for span in _spans(answer)))
    if answer.confidence == "low":
        sys.stdout.flush()  # the message follows the answer
        say("The server is not sure of this answer.")
    return _status(answer)


def _status(answer: Answer) -> int:
    return NOT_IN_THE_TEXT if answer.confidence == "none" else 0


def _read(options: argparse.Namespace) -> tuple[str, list[Document]]:
    question, context, files = options.question, options.context, list(options.file)
    if question is None and len(files) > 1 and not Path(files[-1]).exists():
        question = utf8_argument(files.pop())  # as in: ask --file report.txt QUESTION
    if question is None:
        raise UsageError("Give a QUESTION.")
    if context is not None and files:
        raise UsageError("Give the text either as CONTEXT or with --file, not both.")
    if files:
        documents = read_documents([Path(file) for file in files])
    elif question == STANDARD_INPUT and context in (None, STANDARD_INPUT):
        raise UsageError("Standard input can be either the question or the text, not both.")
    elif context is None:
        documents = [Document("", read_standard_input())]
    else:
        if _names_a_file(context):
            say(f"CONTEXT is taken as the text itself. Did you mean --file {context}?")
        elif _names_a_file(question):
            say(f"QUESTION is taken as the question itself. Did you mean {context} --file {question}?")
        documents = [Document("", read_text(context))]
    return read_text(question).strip() if question == STANDARD_INPUT else question, documents


def _names_a_file(context: str) -> bool:
    try:
        return context not in ("", STANDARD_INPUT) and Path(context).exists()
    except (OSError, ValueError):  # a text is too long for a name, or has characters that none has
        return False


def _context(documents: Sequence[Document]) -> Context:
    """Return the documents as they are sent: files with their titles, which come back with the answers."""
    titled = [TitledText(document.text, title=document.title or None) for document in documents]
    return titled if len(titled) > 1 else titled[0]


def _spans(answer: Answer) -> list[Span]:
    return [answer.best, *answer.alternatives]


def _line(span: Span, names: Sequence[str]) -> str:
    text = printable(span.answer) or _NOT_THERE
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
