"""Measures for Japanese extractive question answering, in plain Python.

`exact_match` and `f1` follow JGLUE's reading of SQuAD: lower case, one final full stop stripped, white space collapsed,
punctuation kept; equality of strings, and overlap of characters as bags. `position_exact_match` and `position_f1` are
the other measure, that of the model card of luke-japanese-base-finetuned-QA: token positions with exclusive ends. The
two cannot be compared.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Score:
    """Means over `count` questions, both in [0, 1]."""

    exact_match: float
    f1: float
    count: int


def normalize(text: str) -> str:
    """The form in which answers are compared."""
    return " ".join(text.lower().strip().removesuffix("。").split())


def exact_match(prediction: str, golds: Sequence[str]) -> float:
    """1.0 where the prediction equals one of the gold answers, else 0.0; no golds: the answer is the empty string."""
    return float(any(normalize(prediction) == normalize(gold) for gold in golds or ("",)))


def f1(prediction: str, golds: Sequence[str]) -> float:
    """The best overlap of characters with a gold answer; no golds: the answer is the empty string."""
    return max(_overlap(normalize(prediction), normalize(gold)) for gold in golds or ("",))


def position_exact_match(prediction: tuple[int, int], gold: tuple[int, int]) -> float:
    """1.0 where start and exclusive end are both those of the gold answer (token positions)."""
    return float(prediction == gold)


def position_f1(prediction: tuple[int, int], gold: tuple[int, int]) -> float:
    """Overlap of two ranges of token positions, each counted as 1 + end - start, as the card's author counts it."""
    common = _positions(max(prediction[0], gold[0]), min(prediction[1], gold[1]))
    if not common:
        return 0.0
    return 2 * common / (_positions(*prediction) + _positions(*gold))


def mean_score(pairs: Iterable[tuple[float, float]]) -> Score:
    """The means of (exact match, F1) pairs; zeros for none."""
    scores = list(pairs)
    if not scores:
        return Score(0.0, 0.0, 0)
    count = len(scores)
    return Score(sum(e for e, _ in scores) / count, sum(f for _, f in scores) / count, count)


def score_answers(predictions: Iterable[tuple[str, Sequence[str]]]) -> Score:
    """Mean exact match and F1 of (prediction, gold answers) pairs."""
    return mean_score((exact_match(text, golds), f1(text, golds)) for text, golds in predictions)


def _overlap(prediction: str, gold: str) -> float:
    if not prediction or not gold:
        return float(prediction == gold)
    common = (Counter(prediction) & Counter(gold)).total()
    return 2 * common / (len(prediction) + len(gold))


def _positions(start: int, end: int) -> int:
    return max(0, 1 + end - start)
