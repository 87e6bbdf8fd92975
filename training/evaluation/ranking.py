"""How often the answer comes from the right one of several paragraphs, in one query over all of them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from luke_qa.query import Answers
from luke_qa_client.metrics import Score, score_answers
from ops.reader import Asked, Reader
from training.evaluation.exchanges import Exchange


@dataclass(frozen=True, slots=True)
class Ranking:
    """Results of ``questions`` queries over ``paragraphs`` paragraphs each.

    right_first: how often the answer came from the right paragraph; exact_match, f1: of the answers over all
    paragraphs. These three are shares in [0, 1]. all_same_title: the number of queries whose paragraphs all have the
    same title.
    """

    questions: int
    paragraphs: int
    all_same_title: int
    right_first: float
    exact_match: float
    f1: float


def prefers_relative_energies(reader: Reader, exchanges: Sequence[Exchange], seed: int) -> bool:
    """Return whether the right paragraph comes first more often if energies are relative to "no answer"."""
    asked, places = _shuffled(exchanges, seed)
    computed = reader.compute(asked)
    absolute, relative = (
        _right_first(replace(reader, fitted=replace(reader.fitted, relative_energies=given)).decode(computed), places)
        for given in (False, True)
    )
    return relative > absolute


def measure_ranking(reader: Reader, exchanges: Sequence[Exchange], seed: int) -> Ranking:
    """Ask every question over its own paragraph and the others of its exchange, in random order."""
    asked, places = _shuffled(exchanges, seed)
    answers = reader.answer(asked)
    score: Score = score_answers(
        (of_one[0].spans[0].answer, [a.text for a in e.question.answers])
        for of_one, e in zip(answers, exchanges, strict=True)
    )
    return Ranking(
        len(exchanges),
        len(asked[0].contexts) if asked else 0,
        sum(e.near for e in exchanges),
        _right_first(answers, places),
        score.exact_match,
        score.f1,
    )


def _shuffled(exchanges: Sequence[Exchange], seed: int) -> tuple[list[Asked], list[int]]:
    """Return every question over its own paragraph and the others, and the place of its own among them."""
    rng = random.Random(seed)
    asked, places = list[Asked](), list[int]()
    for exchange in exchanges:
        contexts = [other.context for other in exchange.others]
        places.append(rng.randint(0, len(contexts)))
        contexts.insert(places[-1], exchange.paragraph.context)
        asked.append(Asked((exchange.question.text,), tuple(contexts)))
    return asked, places


def _right_first(answers: Sequence[Sequence[Answers]], places: Sequence[int]) -> float:
    right = sum(of_one[0].spans[0].document == place for of_one, place in zip(answers, places, strict=True))
    return right / max(1, len(places))
