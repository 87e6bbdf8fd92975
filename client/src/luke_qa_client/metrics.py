"""Measures for Japanese extractive question answering, in plain Python.

``exact_match`` and ``f1`` follow JGLUE's version of SQuAD's measures: texts are lower-cased, one final full stop is
stripped, whitespace is collapsed and punctuation kept; then strings are compared, or their characters as bags.
``position_exact_match`` and ``position_f1`` follow the model card of luke-japanese-base-finetuned-QA: token positions
with exclusive ends. The two kinds are not comparable.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Score:
    """Means over ``count`` questions, both in [0, 1]."""

    exact_match: float
    f1: float
    count: int


def normalize(text: str) -> str:
    """Return the form in which answers are compared."""
    return " ".join(text.lower().strip().removesuffix("。").split())


def exact_match(prediction: str, golds: Sequence[str]) -> float:
    """Return 1.0 if the prediction equals a gold answer, else 0.0; without golds, the empty string is correct."""
    return float(any(normalize(prediction) == normalize(gold) for gold in golds or ("",)))


def f1(prediction: str, golds: Sequence[str]) -> float:
    """Return the best character overlap with a gold answer; without golds, the empty string is correct."""
    return max(_overlap(normalize(prediction), normalize(gold)) for gold in golds or ("",))


def position_exact_match(prediction: tuple[int, int], gold: tuple[int, int]) -> float:
    """Return 1.0 if start and exclusive end (token positions) equal those of the gold answer, else 0.0."""
    return float(prediction == gold)


def position_f1(prediction: tuple[int, int], gold: tuple[int, int]) -> float:
    """Return the overlap of two ranges of token positions, each counted as 1 + end - start, as the card does."""
    common = _positions(max(prediction[0], gold[0]), min(prediction[1], gold[1]))
    if not common:
        return 0.0
    return 2 * common / (_positions(*prediction) + _positions(*gold))


def mean_score(pairs: Iterable[tuple[float, float]]) -> Score:
    """Return the means of (exact match, F1) pairs; zeros if there are none."""
    scores = list(pairs)
    if not scores:
        return Score(0.0, 0.0, 0)
    count = len(scores)
    return Score(sum(e for e, _ in scores) / count, sum(f for _, f in scores) / count, count)


def score_answers(predictions: Iterable[tuple[str, Sequence[str]]]) -> Score:
    """Return mean exact match and F1 of (prediction, gold answers) pairs."""
    return mean_score((exact_match(text, golds), f1(text, golds)) for text, golds in predictions)


def _overlap(prediction: str, gold: str) -> float:
    if not prediction or not gold:
        return float(prediction == gold)
    common = (Counter(prediction) & Counter(gold)).total()
    return 2 * common / (len(prediction) + len(gold))


def _positions(start: int, end: int) -> int:
    return max(0, 1 + end - start)
