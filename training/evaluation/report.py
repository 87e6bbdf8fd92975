"""All measurements of a checkpoint on a data set, and how they are printed."""

from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import east_asian_width

from luke_qa_client.evaluation.breakdown import Row
from training.evaluation.calibration import Calibration
from training.evaluation.no_answer import NoAnswer
from training.evaluation.ranking import Ranking
from training.evaluation.tokens import TokenFit


@dataclass(frozen=True, slots=True)
class Report:
    """Rows in percent; if a temperature was fitted, two calibrations: before and after."""

    rows: tuple[Row, ...]
    tokens: TokenFit
    calibrations: tuple[Calibration, ...]
    no_answer: NoAnswer
    ranking: Ranking


def lines(report: Report) -> Iterator[str]:
    """Format the report as lines of text."""
    yield ""
    width = max(_columns(row.label) for row in report.rows)
    yield f"{'':16}{' ' * width}{'n':>6}{'EM':>8}{'F1':>8}"
    group = ""
    for row in report.rows:
        shown = "" if row.group == group else row.group
        group = row.group
        yield f"{shown:16}{_pad(row.label, width)}{row.count:6}{row.exact_match:8.1f}{row.f1:8.1f}"
    yield ""
    fit = report.tokens
    yield (
        f"tokenizer: {100 * fit.unknown:.3f} % of {fit.tokens} context tokens unknown, "
        f"{100 * fit.aligned:.1f} % of {fit.answers} gold answers on token boundaries"
    )
    for calibration in report.calibrations:
        yield ""
        yield from _calibration_lines(calibration)
    yield ""
    none, ranking = report.no_answer, report.ranking
    yield (
        f"no answer: {none.pairs} questions, each over its own context and over one without the answer "
        f"({none.same_title} of the same title)"
    )
    yield f"  AUROC {none.by_no_answer_score:.3f} by no_answer_score, {none.by_score:.3f} by score"
    yield (
        f"ranking: {ranking.questions} questions over {ranking.paragraphs} paragraphs each "
        f"({ranking.all_same_title} all of the same title)"
    )
    yield (
        f"  right paragraph first {100 * ranking.right_first:.1f} %, "
        f"EM {100 * ranking.exact_match:.1f}, F1 {100 * ranking.f1:.1f}"
    )


def _calibration_lines(calibration: Calibration) -> Iterator[str]:
    yield (
        f"calibration at temperature {calibration.temperature:.3f}: "
        f"ECE {calibration.error:.3f}, log loss {calibration.log_loss:.3f}"
    )
    yield "  score         n   mean score   exact match"
    for b in calibration.bins:
        yield f"  {b.low:.1f}-{b.high:.1f} {b.count:7}   {b.score:10.3f}   {b.exact_match:11.3f}"


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _columns(text))


def _columns(text: str) -> int:
    """Count terminal columns: a Japanese character takes two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
