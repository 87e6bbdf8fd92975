"""How much each border between phrases in an answer costs."""

import numpy as np
import pytest

from luke_qa.backends.base import Logits
from luke_qa.choices import EndLabel
from luke_qa.metadata import Fitted
from luke_qa.tokenizer import IntArray, Tokenizer
from ops.reader import Reader
from tests.support.models import ScriptedModel
from tests.support.paragraphs import paragraph
from training.evaluate import evaluate
from training.evaluation.outcomes import as_asked
from training.evaluation.phrases import WEIGHTS, answer_with_weights, best_phrase_weight, phrase_rows


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
    assert best_phrase_weight(found) == expected
    rows = phrase_rows(found)
    assert [(row.label, row.count) for row in rows] == [(f"{weight:g}", 1) for weight in WEIGHTS]
    assert rows[WEIGHTS.index(expected)].exact_match == 100.0


def test_a_calibration_fits_the_weight_anew(tokenizer: Tokenizer) -> None:
    paragraphs = [
        paragraph("店", f"駅前の店は魚を売る。{number}番地。", ("魚を売るのは何ですか", "店"), ("主人は誰ですか", ""))
        for number in range(20)
    ]
    reader = Reader(tokenizer, going_on(tokenizer), EndLabel.EXCLUSIVE, Fitted(temperature=9.0, phrase_weight=3.0))
    before, after = (evaluate(reader, paragraphs, limit=None, pairs=0, fit=fit) for fit in (False, True))
    assert (before.fitted.phrase_weight, after.fitted.phrase_weight) == (3.0, 0.75)
    assert [row.label for row in after.rows if row.group == "phrase weight"] == [f"{weight:g}" for weight in WEIGHTS]
    assert before.rows[0].exact_match == after.rows[0].exact_match == 100.0
