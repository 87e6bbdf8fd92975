"""Measures by group of questions: what they ask for, length of answer, length of context."""

from collections.abc import Sequence

from luke_qa_client.evaluation.breakdown import (
    ANSWER_LENGTHS,
    Row,
    group_rows,
    length_label,
    length_labels,
)
from training.evaluation.outcomes import Outcome
from training.evaluation.question_types import QuestionType, question_type

_CONTEXT_LENGTHS = (100, 200, 400, 800)  # characters; each starts a group


def rows(outcomes: Sequence[Outcome]) -> list[Row]:
    """Compute the rows of all non-empty groups; ``outcomes`` must be those of answerable questions."""
    types = [kind.value for kind in QuestionType]
    return [
        *group_rows("question", outcomes, types, lambda o: question_type(o.question.text).value),
        *group_rows(
            "answer length",
            outcomes,
            length_labels(ANSWER_LENGTHS),
            lambda o: length_label(len(o.golds[0]), ANSWER_LENGTHS),
        ),
        *group_rows(
            "context length",
            outcomes,
            length_labels(_CONTEXT_LENGTHS),
            lambda o: length_label(len(o.paragraph.context), _CONTEXT_LENGTHS),
        ),
        *group_rows(
            "as labelled",
            outcomes,
            sorted({o.question.kind for o in outcomes} - {""}),
            lambda o: o.question.kind,
        ),
    ]
