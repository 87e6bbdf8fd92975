"""How much each border between phrases in an answer costs: the weight with which most answers are right."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from luke_qa_client.evaluation import Row
from luke_qa_client.evaluation.breakdown import make_row
from ops.reader import Computed, Reader
from training.data.qa_data import Paragraph
from training.evaluation.outcomes import Outcome, answerable, score_outcomes
from training.evaluation.weights import smallest_good_weight

WEIGHTS: Final = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)

ByWeight = Mapping[float, Sequence[Outcome]]


def answer_with_weights(
    reader: Reader, paragraphs: Sequence[Paragraph], computed: Sequence[Computed]
) -> dict[float, list[Outcome]]:
    """Return the outcomes of all questions by weight; ``computed`` is that of ``as_asked``."""
    fitted = {weight: replace(reader.fitted, phrase_weight=weight) for weight in WEIGHTS}
    return {
        weight: score_outcomes(paragraphs, replace(reader, fitted=each).decode(computed))
        for weight, each in fitted.items()
    }


def best_phrase_weight(found: ByWeight) -> float:
    """Return the smallest weight that is as good as the best by the sum of exact match and F1.

    Only questions with an answer count.

    Raises:
        ValueError: there are none.
    """
    return smallest_good_weight(
        {weight: [o.exact_match + o.f1 for o in answerable(outcomes)] for weight, outcomes in found.items()}
    )


def phrase_rows(found: ByWeight) -> list[Row]:
    """Return exact match and F1 of the questions with an answer by weight, in percent."""
    return [make_row("phrase weight", f"{weight:g}", answerable(outcomes)) for weight, outcomes in found.items()]
