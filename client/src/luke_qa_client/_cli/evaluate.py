"""``luke-qa eval``: a server measured on questions whose answers are known."""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from .._batch.patience import ServerLostError, while_served
from .._client import LukeQAClient
from .._errors import LukeQAError
from ..evaluation.outcomes import Outcome, pairs, questions, score
from ..evaluation.questions import Paragraph, ReadReport, read_questions, sample
from ..evaluation.report import CARD, Report, measure
from .common import FAILED, UsageError, complain, knock, new_parser, open_client, positive
from .progress import progress_bar

_DESCRIPTION: Final = """\
Ask a server questions whose answers are known, and measure: exact match and F1 as the field counts them for Japanese,
by length of question and answer; how far scores can be believed; and from which score on answers are right nine times
of ten. DATA is SQuAD's JSON (1.1 or 2.0, so also JSQuAD, JaQuAD and DDQA), or JSON Lines with a paragraph a line; also
.xz. Where it has questions without an answer, the server may say "no answer"."""

_EPILOG: Final = """\
examples:
  luke-qa eval valid-v1.3.json
  luke-qa eval valid-v1.3.json --limit 500 --output report/
  luke-qa eval DDQA-1.0_RC-QA_test.json --json | jq .risk_coverage.area

exit status: 0 measured, 1 a question was not answered or the server is gone, 2 bad usage or unreadable data"""


def add_parser(commands: Any) -> None:
    parser = new_parser(commands, "eval", "measure a server on questions with known answers", _DESCRIPTION, _EPILOG)
    parser.add_argument("data", metavar="DATA", type=Path, help="questions with their answers")
    parser.add_argument("--limit", metavar="N", type=positive, help="so many questions, drawn the same every time")
    parser.add_argument("--json", action="store_true", help="print the report as JSON in place of tables")
    parser.add_argument(
        "--output",
        metavar="DIR",
        type=Path,
        help="also write report.json, reliability.png and risk_coverage.png there (needs the extra eval)",
    )
    parser.add_argument(
        "--ddqa", action="store_true", help="show the model card's figures, as for data whose name says ddqa"
    )
    parser.add_argument("--concurrency", metavar="N", type=positive, default=8, help="requests at a time (8)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Ask, measure, tell."""
    write = None if options.output is None else _writer(options.output)  # now: what is missing is missed before it asks
    dropped = ReadReport()
    paragraphs = _read(options.data, options.limit, dropped)
    with open_client(options) as client:
        knock(client)
        try:
            outcomes = _ask(client, paragraphs, options.concurrency)
        except ServerLostError as error:
            return complain(f"Nothing was measured. {error}", FAILED)
    report = measure(outcomes)
    document = {
        "data": options.data.name,
        "dropped": dict(dropped.dropped),
        "card": asdict(CARD) if options.ddqa or "ddqa" in options.data.name.lower() else None,
        **asdict(report),
    }
    if write is not None:
        write(report, document)
    if options.json:
        print(json.dumps(document, ensure_ascii=False))
    else:
        from .report_view import print_report

        print_report(report, dropped.dropped, with_card=document["card"] is not None)
    return FAILED if report.failures else 0


def _writer(directory: Path) -> Callable[[Report, dict[str, Any]], None]:
    """Return what writes a report, having found out whether plots can be drawn and the directory be had."""
    from ..evaluation.plots import draw_report

    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{directory} cannot be made: {error.strerror}.") from error

    def write(report: Report, document: dict[str, Any]) -> None:
        text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
        (directory / "report.json").write_text(text, "utf-8", "backslashreplace")
        draw_report(report, directory)

    return write


def _read(data: Path, limit: int | None, dropped: ReadReport) -> list[Paragraph]:
    try:
        paragraphs = sample(read_questions(data, dropped), limit)
    except OSError as error:
        raise UsageError(f"{data} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise UsageError(f"{error}.") from error
    if not paragraphs:
        raise UsageError(f"{data} has no questions.")
    return paragraphs


def _ask(client: LukeQAClient, paragraphs: Sequence[Paragraph], concurrency: int) -> list[Outcome]:
    asked = list(questions(paragraphs))
    impossible = any(not question.answers for question in asked)
    answers = client.ask_many(
        pairs(paragraphs), concurrency=concurrency, handle_impossible_answer=True if impossible else None
    )
    outcomes = list[Outcome]()
    with progress_bar(len(asked), "questions") as progress:
        for question, answer in while_served(client, zip(asked, answers, strict=True)):
            outcomes.append(score(question, answer))
            progress(len(outcomes), failed=isinstance(answer, LukeQAError))
    return outcomes
