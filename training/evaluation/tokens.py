"""How well the tokenizer fits a question set: unknown tokens, and answers that begin or end inside tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

from luke_qa.tokenizer import UNKNOWN
from ops.reader import Computed
from training.data.alignment import is_aligned
from training.data.qa_data import Paragraph


@dataclass(frozen=True, slots=True)
class TokenFit:
    """The fit of the tokenizer to a question set.

    tokens: the number in the contexts; unknown: the share of unknown ones; answers: the number of gold answers;
    aligned: the share of answers that begin and end at token boundaries. Shares are in [0, 1].
    """

    tokens: int
    unknown: float
    answers: int
    aligned: float


def measure_tokens(paragraphs: Sequence[Paragraph], computed: Sequence[Computed]) -> TokenFit:
    """Measure over the contexts and all gold answers of ``paragraphs``."""
    tokens = unknown = answers = aligned = 0
    for paragraph, item in zip(paragraphs, computed, strict=True):
        found = item.prepared.documents[0]
        tokens += len(found)
        unknown += int((found.ids == UNKNOWN).sum())
        for answer in (answer for question in paragraph.questions for answer in question.answers):
            answers += 1
            aligned += is_aligned(found, answer.start, answer.start + len(answer.text), paragraph.context)
    return TokenFit(tokens, unknown / max(1, tokens), answers, aligned / max(1, answers))
