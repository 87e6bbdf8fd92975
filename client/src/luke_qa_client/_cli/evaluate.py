"""``luke-qa eval``: a server evaluated on questions with known answers."""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from .._batch.patience import ServerLostError, while_served
from .._client import LukeQAClient
from .._errors import LukeQAError
from ..evaluation import (
    CARD,
    Outcome,
    Paragraph,
    ReadReport,
    Report,
    all_questions,
    measure,
    question_pairs,
    read_questions,
    sample,
    score_answer,
)
from .common import FAILED, UsageError, check_reachable, complain, new_parser, open_client, say
from .numbers import positive
from .progress import progress_bar

_DESCRIPTION: Final = """\
Evaluate a server on questions with known answers. The report has exact match and F1 as JGLUE defines them, by length of
question and answer; how well scores are calibrated; and the score above which nine of ten answers are correct. DATA is
SQuAD JSON (1.1 or 2.0, as in JSQuAD, JaQuAD and DDQA), JSON Lines with one paragraph per line, both optionally
compressed as .xz, or the flat rows that Hugging Face's datasets exports, as JSON Lines or Parquet. If it has questions
without an answer, the server may return "no answer"."""

_EPILOG: Final = """\
examples:
  luke-qa eval valid-v1.3.json
  luke-qa eval valid-v1.3.json --limit 500 --output report/
  luke-qa eval mine.jsonl --show-wrong wrong.jsonl
  luke-qa eval DDQA-1.0_RC-QA_test.json --json | jq .risk_coverage.area

exit status: 0 evaluated, 1 a question failed or the server became unreachable, 2 usage error or unreadable data"""


def add_parser(commands: Any) -> None:
    parser = new_parser(commands, "eval", "evaluate a server on questions with known answers", _DESCRIPTION, _EPILOG)
    parser.add_argument("data", metavar="DATA", type=Path, help="a file of questions with their answers")
    parser.add_argument("--limit", metavar="N", type=positive, help="evaluate a fixed sample of N questions")
    parser.add_argument("--json", action="store_true", help="print the report as JSON instead of tables")
    parser.add_argument(
        "--output",
        metavar="DIR",
        type=Path,
        help="also write report.json, reliability.png and risk_coverage.png to this directory (needs the extra eval)",
    )
    parser.add_argument(
        "--show-wrong",
        metavar="FILE",
        type=Path,
        help="also list the wrong answers, and write their questions to this file, for fine-tuning",
    )
    parser.add_argument(
        "--ddqa",
        action="store_true",
        help="also show the model card's figures (default if DATA's name contains ddqa)",
    )
    parser.add_argument("--concurrency", metavar="N", type=positive, default=8, help="concurrent requests (default: 8)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Ask, measure, and print the report."""
    write = None if options.output is None else _writer(options.output)  # before asking: a missing extra fails at once
    wrong_file: Path | None = options.show_wrong
    if wrong_file is not None and wrong_file.exists():
        raise UsageError(f"{wrong_file} exists already. Choose another file for --show-wrong.")
    dropped = ReadReport()
    paragraphs = _read(options.data, options.limit, dropped)
    with open_client(options) as client:
        check_reachable(client)
        try:
            outcomes = _ask(client, paragraphs, options.concurrency)
        except ServerLostError as error:
            return complain(f"The evaluation was stopped. {error}", FAILED)
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
    if wrong_file is not None:
        _show_wrong(paragraphs, outcomes, wrong_file, listed=not options.json)
    return FAILED if report.failures else 0


def _show_wrong(paragraphs: Sequence[Paragraph], outcomes: Sequence[Outcome], file: Path, *, listed: bool) -> None:
    from .wrong_view import find_wrong, print_wrong, write_wrong

    found = find_wrong(paragraphs, outcomes)
    write_wrong(found, file)
    if listed:
        print_wrong(found)
    say(f"{len(found):,} of {len(outcomes):,} answers are wrong: see {file}.")


def _writer(directory: Path) -> Callable[[Report, dict[str, Any]], None]:
    """Return a function that writes a report, after checking that it can draw plots and create the directory."""
    from ..evaluation.plots import draw_report

    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{directory} cannot be created: {error.strerror}.") from error

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
        raise UsageError(f"{data} contains no questions.")
    return paragraphs


def _ask(client: LukeQAClient, paragraphs: Sequence[Paragraph], concurrency: int) -> list[Outcome]:
    asked = list(all_questions(paragraphs))
    impossible = any(not question.answers for question in asked)
    answers = client.ask_many(
        question_pairs(paragraphs), concurrency=concurrency, handle_impossible_answer=True if impossible else None
    )
    outcomes = list[Outcome]()
    with progress_bar(len(asked), "questions") as progress:
        for question, answer in while_served(client, zip(asked, answers, strict=True)):
            outcomes.append(score_answer(question, answer))
            progress(len(outcomes), failed=isinstance(answer, LukeQAError))
    return outcomes
