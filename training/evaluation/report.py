"""All measurements of a checkpoint on a data set, and how they are printed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

from luke_qa.choices import EndLabel
from luke_qa.confidence import Thresholds
from luke_qa.metadata import Fitted
from luke_qa.place import PlattScaling
from luke_qa_client.evaluation import Bin, Point, Reliability, Row
from training.evaluation.calibration import Calibration
from training.evaluation.confidence import State
from training.evaluation.no_answer import NoAnswer, Written
from training.evaluation.ranking import Ranking
from training.evaluation.risk import ACCURACIES, Risk
from training.evaluation.tokens import TokenFit


@dataclass(frozen=True, slots=True)
class Report:
    """Rows in percent; if a temperature was fitted, two calibrations of the score: before and after.

    place: the calibration of the place's probability against the right place. states is empty, and fitted has no
    thresholds, if the checkpoint has none. written is None if the data set answers all its questions.
    """

    rows: tuple[Row, ...]
    tokens: TokenFit
    calibrations: tuple[Calibration, ...]
    place: Reliability
    risks: tuple[Risk, ...]
    states: tuple[State, ...]
    end_label: EndLabel
    fitted: Fitted
    no_answer: NoAnswer
    written: Written | None
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
    yield from _place_lines(report.place, report.fitted.place_scaling)
    yield ""
    yield from _risk_lines(report.risks)
    if report.fitted.thresholds:
        yield ""
        yield from _state_lines(report.states, report.fitted.thresholds)
    yield ""
    none, ranking = report.no_answer, report.ranking
    yield (
        f"no answer: {none.pairs} questions, each over its own context and over one without the answer "
        f"({none.same_title} of the same title)"
    )
    yield f"  AUROC {none.by_no_answer_score:.3f} by no_answer_score, {none.by_score:.3f} by score"
    if report.written:
        yield from _written_lines(report.written)
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
    yield from _bin_lines(calibration.bins)


def _place_lines(place: Reliability, scaling: PlattScaling) -> Iterator[str]:
    yield (
        f"calibration of place_score at slope {scaling.slope:.3f} and bias {scaling.bias:.3f}: "
        f"ECE {place.error:.3f}, log loss {place.log_loss:.3f}"
    )
    yield "  score         n   mean score   right place"
    yield from _bin_lines(place.bins)


def _bin_lines(bins: Sequence[Bin]) -> Iterator[str]:
    for b in bins:
        yield f"  {b.low:.1f}-{b.high:.1f} {b.count:7}   {b.score:10.3f}   {b.exact_match:11.3f}"


def _written_lines(written: Written) -> Iterator[str]:
    yield f"no answer, as written: {written.unanswerable} questions without and {written.answerable} with an answer"
    yield f"  AUROC {written.area:.3f} by no_answer_score"
    if written.refused is not None and written.refused_wrongly is not None:
        yield f"  refused {100 * written.refused:.1f} %, wrongly {100 * written.refused_wrongly:.1f} %"


def _risk_lines(risks: Sequence[Risk]) -> Iterator[str]:
    shares = "".join(f"{f'{100 * accuracy:.0f} % right':>24}" for accuracy in ACCURACIES)
    yield f"{'risk and coverage':27}{'area':>8}{shares}"
    for risk in risks:
        points = "".join(f"{_point(point):>24}" for point in risk.points)
        yield f"  {risk.score:13}{risk.right:12}{risk.area:8.3f}{points}"


def _point(point: Point | None) -> str:
    return "never" if point is None else f"{100 * point.coverage:.1f} % from {point.score:.3f}"


def _state_lines(states: Sequence[State], thresholds: Thresholds) -> Iterator[str]:
    yield f"confidence: high from place_score {thresholds.high:g}, none from no_answer_score {thresholds.none:g}"
    yield "          answerable   right place   exact match   unanswerable"
    for state in states:
        shares = (state.answerable, state.right, state.exact, state.unanswerable)
        yield f"  {state.confidence:6}" + "".join(
            f"{100 * share:{width}.1f}" for share, width in zip(shares, (12, 14, 14, 15), strict=True)
        )


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _columns(text))


def _columns(text: str) -> int:
    """Count terminal columns: a Japanese character takes two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
