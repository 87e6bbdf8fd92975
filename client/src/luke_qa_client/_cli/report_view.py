"""The report of ``luke-qa eval`` as tables and sentences."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .._printable import printable
from ..evaluation.confidence import ACCURACIES, Place
from ..evaluation.report import CARD, TARGET_ACCURACY, NoAnswer, Report

_WIDTH = 100  # columns, if there is no terminal


def print_report(report: Report, dropped: Mapping[str, int], *, with_card: bool) -> None:
    """Print the report on standard output, in plain text if that is not a terminal."""
    width = None if sys.stdout.isatty() else _WIDTH
    console = Console(file=sys.stdout, width=width, highlight=False, soft_wrap=True)
    console.print(_measures(report, with_card))
    console.print(_bins(report))
    if report.states:
        console.print(_states(report))
    for sentence in _sentences(report, dropped, with_card):
        console.print(Text(sentence))


def _measures(report: Report, with_card: bool) -> Table:
    table = _table("", "", "questions", "EM", "F1", left=2)
    group = ""
    for row in report.rows:
        shown = "" if row.group == group else row.group
        group = row.group
        table.add_row(shown, row.label, f"{row.count:,}", f"{row.exact_match:.1f}", f"{row.f1:.1f}")
    if with_card:
        exact_match, f1 = 100 * CARD.exact_match, 100 * CARD.f1
        table.add_row("model card", "DDQA, token positions", f"{CARD.count:,}", f"{exact_match:.1f}", f"{f1:.1f}")
    return table


def _bins(report: Report) -> Table:
    table = _table("score", "answers", "mean score", "exact match", left=1)
    for b in report.reliability.bins:
        table.add_row(f"{b.low:.1f}-{b.high:.1f}", f"{b.count:,}", f"{b.score:.3f}", f"{b.exact_match:.3f}")
    return table


def _states(report: Report) -> Table:
    table = _table("confidence", "answers", "exact match", "right place", left=1)
    for state in report.states:
        percentages = (f"{state.exact_match:.1f}", f"{state.right_place:.1f}") if state.count else ("-", "-")
        table.add_row(state.confidence, f"{state.count:,}", *percentages)
    return table


def _table(*names: str, left: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for number, name in enumerate(names):
        table.add_column(name, justify="left" if number < left else "right", no_wrap=True)
    return table


def _sentences(report: Report, dropped: Mapping[str, int], with_card: bool) -> Iterator[str]:
    found = report.reliability
    yield f"\nCalibration: ECE {found.error:.3f}, log loss {found.log_loss:.3f}."
    yield f"Risk and coverage: area {report.risk_coverage.area:.3f}. {_surest(report)}"
    if report.place is not None:
        yield from _place(report.place)
    if report.no_answer is not None:
        yield _no_answer(report.no_answer)
    if with_card:
        yield (
            "The model card's figures count token positions, and those above count characters as JGLUE does. "
            "They are not comparable."
        )
    for reason, count in dropped.items():
        yield f"Questions skipped: {count:,} ({reason})."
    if report.failures:
        kinds = Counter(failure.kind for failure in report.failures)
        named = ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common())
        first = report.failures[0]
        yield (
            f"Failed, and counted as wrong: {named}. "
            f"The first is question {printable(first.question_id or first.question)}: {printable(first.message)}"
        )


def _surest(report: Report) -> str:
    share, point = f"{100 * TARGET_ACCURACY:.0f}%", report.surest
    if point is None:
        return f"No score threshold gives {share} correct answers."
    covered = f"{100 * point.coverage:.1f}% of the questions"
    return (
        f"With a score threshold of {point.score:.3f}, {share} of the answers are correct and {covered} are answered."
    )


def _place(place: Place) -> Iterator[str]:
    found = place.reliability
    yield (
        f"Place: ECE {found.error:.3f}, log loss {found.log_loss:.3f}, risk and coverage: area "
        f"{place.risk_coverage.area:.3f}."
    )
    for accuracy, point in zip(ACCURACIES, place.reaching, strict=True):
        if point is not None:
            yield (
                f"With a place_score of {point.score:.3f} or more, at least {100 * accuracy:.0f}% of the answers are "
                f"at the right place and {100 * point.coverage:.1f}% of the questions are answered."
            )


def _no_answer(none: NoAnswer) -> str:
    if not none.said:
        return f"No answer: never returned, although {none.questions:,} questions have none."
    precision, recall = 100 * none.rightly / none.said, 100 * none.rightly / none.questions
    shares = f"precision {precision:.1f}%, recall {recall:.1f}%"
    return f"No answer: returned {none.said:,} times, {none.rightly:,} of them correct ({shares})."
