"""How much a clause's border in an answer costs."""

import numpy as np
import pytest

from luke_qa.backends.base import Logits
from luke_qa.choices import EndLabel
from luke_qa.tokenizer import IntArray, Tokenizer
from ops.reader import Reader
from tests.support.models import ScriptedModel
from tests.support.paragraphs import paragraph
from training.evaluation.clauses import WEIGHTS, answer_with_weights, best_clause_weight, clause_rows
from training.evaluation.outcomes import as_asked


def going_on(tokenizer: Tokenizer) -> ScriptedModel:
    """A model that finds 店 nearly as probable as 店は魚, from one candidate to the next."""
    (first, last) = (int(tokenizer.tokenize(f"は{text}").ids[-1]) for text in "店魚")

    def script(ids: IntArray) -> Logits:
        start, end = np.zeros((2, len(ids)), np.float32)
        start[ids == first] = 9
        end[np.flatnonzero(ids == first) + 1] = 9
        end[np.flatnonzero(ids == last) + 1] = 9.6
        return Logits(start, end)

    return ScriptedModel(script)


@pytest.mark.parametrize(("gold", "expected"), [("店", 0.75), ("店は魚", 0.0)])
def test_the_weight_is_fitted_with_which_most_answers_are_right(
    tokenizer: Tokenizer, gold: str, expected: float
) -> None:
    paragraphs = [paragraph("店", "駅前の店は魚を売る。", ("魚を売るのは何ですか", gold), ("主人は誰ですか", ""))]
    reader = Reader(tokenizer, going_on(tokenizer), EndLabel.EXCLUSIVE)
    found = answer_with_weights(reader, paragraphs, reader.compute(as_asked(paragraphs)))
    assert best_clause_weight(found) == expected
    rows = clause_rows(found)
    assert [(row.label, row.count) for row in rows] == [(f"{weight:g}", 1) for weight in WEIGHTS]
    assert rows[WEIGHTS.index(expected)].exact_match == 100.0
