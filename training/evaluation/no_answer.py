"""Whether the scores distinguish a context that answers the question from one that does not."""

from collections.abc import Sequence
from dataclasses import dataclass

from luke_qa.confidence import Thresholds
from luke_qa.query import Answers
from ops.reader import Asked, Reader
from training.evaluation.exchanges import Exchange
from training.evaluation.outcomes import Outcome, answerable


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Areas under the ROC curve: the chance of recognising the unanswerable one of two random contexts.

    by_no_answer_score: as the one with the higher no_answer_score; by_score: as the one whose best span scores lower.
    same_title: the number of pairs with the same title.
    """

    pairs: int
    same_title: int
    by_no_answer_score: float
    by_score: float


@dataclass(frozen=True, slots=True)
class Written:
    """The data set's own questions without an answer (SQuAD 2.0), against those with one.

    area: under the ROC curve, by ``no_answer_score``. refused, refused_wrongly: the shares in [0, 1] of the
    unanswerable and of the answerable questions for which the server says "none"; None without thresholds.
    """

    unanswerable: int
    answerable: int
    area: float
    refused: float | None
    refused_wrongly: float | None


def measure_written(outcomes: Sequence[Outcome], thresholds: Thresholds | None) -> Written | None:
    """Measure the unanswerable questions of a data set; None if it has none."""
    without, with_one = [o for o in outcomes if not o.golds], answerable(outcomes)
    if not without:
        return None
    area = auroc([o.no_answer_score for o in without], [o.no_answer_score for o in with_one])
    if thresholds is None:
        return Written(len(without), len(with_one), area, None, None)
    refused, wrongly = (
        sum(thresholds.refuse(o.score, o.no_answer_score) for o in group) / max(1, len(group))
        for group in (without, with_one)
    )
    return Written(len(without), len(with_one), area, refused, wrongly)


def answer_exchanges(reader: Reader, exchanges: Sequence[Exchange]) -> tuple[list[Answers], list[Answers]]:
    """Ask every question over its own context, and over one that lacks the answer."""
    own = _ask(reader, [Asked((e.question.text,), (e.paragraph.context,)) for e in exchanges])
    return own, _ask(reader, [Asked((e.question.text,), (e.others[0].context,)) for e in exchanges])


def measure_no_answer(exchanges: Sequence[Exchange], own: Sequence[Answers], other: Sequence[Answers]) -> NoAnswer:
    """Compare the two answers to every question, which are those of ``answer_exchanges``."""
    return NoAnswer(
        len(exchanges),
        sum(e.near for e in exchanges),
        auroc([a.no_answer_score for a in other], [a.no_answer_score for a in own]),
        auroc([-a.spans[0].score for a in other], [-a.spans[0].score for a in own]),
    )


def auroc(positives: Sequence[float], negatives: Sequence[float]) -> float:
    """Return the chance that a random positive ranks above a random negative.

    A tie counts half. Without positives or without negatives the result is 0.5.
    """
    if not positives or not negatives:
        return 0.5
    ranked = sorted([(value, True) for value in positives] + [(value, False) for value in negatives])
    total, below, index = 0.0, 0, 0
    while index < len(ranked):
        end = index
        while end < len(ranked) and ranked[end][0] == ranked[index][0]:
            end += 1
        tied_positives = sum(positive for _, positive in ranked[index:end])
        tied_negatives = end - index - tied_positives
        total += tied_positives * (below + tied_negatives / 2)
        below += tied_negatives
        index = end
    return total / (len(positives) * len(negatives))


def _ask(reader: Reader, asked: Sequence[Asked]) -> list[Answers]:
    return [answers[0] for answers in reader.answer(asked)]
