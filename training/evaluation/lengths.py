"""How much each token of an answer costs, but for the first: the weight with which most answers are right."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from luke_qa_client.evaluation import Row
from luke_qa_client.evaluation.breakdown import make_row
from ops.reader import Computed, Reader
from training.data.qa_data import Paragraph
from training.evaluation.outcomes import Outcome, answerable, score_outcomes
from training.evaluation.weights import smallest_good_weight

WEIGHTS: Final = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)

ByWeight = Mapping[float, Sequence[Outcome]]


def answer_with_weights(
    reader: Reader, paragraphs: Sequence[Paragraph], computed: Sequence[Computed]
) -> dict[float, list[Outcome]]:
    """Return by weight the outcomes of the questions with an answer; ``computed`` is that of ``as_asked``."""
    fitted = {weight: replace(reader.fitted, length_weight=weight) for weight in WEIGHTS}
    return {
        weight: answerable(score_outcomes(paragraphs, replace(reader, fitted=each).decode(computed)))
        for weight, each in fitted.items()
    }


def best_length_weight(found: ByWeight) -> float:
    """Return the smallest weight that is as good as the best by the sum of exact match and F1.

    Raises:
        ValueError: there are no questions.
    """
    return smallest_good_weight(
        {weight: [o.exact_match + o.f1 for o in outcomes] for weight, outcomes in found.items()}
    )


def length_rows(found: ByWeight) -> list[Row]:
    """Return exact match and F1 by weight, in percent."""
    return [make_row("length weight", f"{weight:g}", outcomes) for weight, outcomes in found.items()]
