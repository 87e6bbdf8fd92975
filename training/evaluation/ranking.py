"""How often the answer comes from the right one of several paragraphs, in one query over all of them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

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
    absolute, relative = (
        measure_ranking(replace(reader, relative_energies=given), exchanges, seed).right_first
        for given in (False, True)
    )
    return relative > absolute


def measure_ranking(reader: Reader, exchanges: Sequence[Exchange], seed: int) -> Ranking:
    """Ask every question over its own paragraph and the others of its exchange, in random order."""
    rng = random.Random(seed)
    asked, places = list[Asked](), list[int]()
    for exchange in exchanges:
        contexts = [other.context for other in exchange.others]
        places.append(rng.randint(0, len(contexts)))
        contexts.insert(places[-1], exchange.paragraph.context)
        asked.append(Asked((exchange.question.text,), tuple(contexts)))
    spans = [answers[0].spans[0] for answers in reader.answer(asked)]
    right = sum(span.document == place for span, place in zip(spans, places, strict=True))
    score: Score = score_answers(
        (span.answer, [a.text for a in e.question.answers]) for span, e in zip(spans, exchanges, strict=True)
    )
    return Ranking(
        len(exchanges),
        len(asked[0].contexts) if asked else 0,
        sum(e.near for e in exchanges),
        right / max(1, len(exchanges)),
        score.exact_match,
        score.f1,
    )
