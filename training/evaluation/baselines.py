"""Baselines on the same questions: a random span, and lexical overlap.

Lexical overlap picks the phrase whose surroundings have the most in common with the question, preferring the kind of
phrase that the question asks for.
"""

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from luke_qa_client.evaluation.breakdown import Row
from luke_qa_client.metrics import score_answers
from training.data.morphology import Analyser
from training.evaluation.outcomes import Outcome
from training.evaluation.question_types import QuestionType, question_type
from training.examples.phrases import Kind, class_flags, noun_phrases

_SURROUNDINGS = 18  # characters on each side of a phrase
_TYPE_BONUS = 6.0
_SEED = 7
_ASKED_FOR = {
    QuestionType.WHEN: {Kind.WHEN},
    QuestionType.WHO: {Kind.WHO},
    QuestionType.WHERE: {Kind.WHERE, Kind.GROUP},
    QuestionType.HOW_MANY: {Kind.COUNT, Kind.WHEN},
}
_THINGS = {Kind.WHAT, Kind.WHO, Kind.WHERE, Kind.GROUP}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A noun phrase of a context: characters [start, end) and what it names."""

    start: int
    end: int
    kind: Kind


def baseline_rows(outcomes: Sequence[Outcome]) -> list[Row]:
    """Compute the rows of both baselines; ``outcomes`` must be those of answerable questions."""
    rng = random.Random(_SEED)
    lengths = [len(gold) for outcome in outcomes for gold in outcome.golds]
    lexical = LexicalOverlap()

    def random_span(outcome: Outcome) -> str:
        context, length = outcome.paragraph.context, rng.choice(lengths)
        start = rng.randrange(max(1, len(context) - length))
        return context[start : start + length]

    def overlap(outcome: Outcome) -> str:
        return lexical.answer(outcome.question.text, outcome.paragraph.context)

    return [_row("random span", random_span, outcomes), _row("lexical overlap + type", overlap, outcomes)]


class LexicalOverlap:
    """Answers with the noun phrase whose surroundings share the most rare character bigrams with the question."""

    def __init__(self) -> None:
        self._analyser = Analyser()
        self._candidates: dict[str, list[Candidate]] = {}

    def answer(self, question: str, context: str) -> str:
        """Return the best phrase of ``context``.

        Phrases that occur in the question are skipped; if none is left, return the context's first characters.
        """
        candidates = [c for c in self._phrases(context) if context[c.start : c.end] not in question]
        if not candidates:
            return context[:5]
        frequency = Counter(_bigrams(context))
        weights = {b: math.log(1 + len(context) / frequency[b]) for b in set(_bigrams(question)) if b in frequency}
        wanted = _ASKED_FOR.get(question_type(question), _THINGS)

        def merit(candidate: Candidate) -> float:
            around = context[max(0, candidate.start - _SURROUNDINGS) : candidate.end + _SURROUNDINGS]
            # Exactly rounded, because the order of a set differs from run to run, and with it the best of equal ones.
            shared = math.fsum(weights.get(bigram, 0.0) for bigram in set(_bigrams(around)))
            return shared + (_TYPE_BONUS if candidate.kind in wanted else 0.0)

        best = max(candidates, key=merit)
        return context[best.start : best.end]

    def _phrases(self, context: str) -> list[Candidate]:
        if context not in self._candidates:
            found = self._analyser.analyse(context)
            ends = found.starts + found.lengths
            surfaces = [context[a:b] for a, b in zip(found.starts, ends, strict=True)]
            table = class_flags(list(self._analyser.classes))
            self._candidates[context] = [
                Candidate(int(found.starts[phrase.first]), int(ends[phrase.last - 1]), phrase.kind)
                for phrase in noun_phrases(surfaces, [table[code] for code in found.classes])
            ]
        return self._candidates[context]


def _bigrams(text: str) -> list[str]:
    return [text[i : i + 2] for i in range(len(text) - 1)]


def _row(label: str, answer: Callable[[Outcome], str], outcomes: Sequence[Outcome]) -> Row:
    score = score_answers((answer(outcome), outcome.golds) for outcome in outcomes)
    return Row("baseline", label, score.count, 100 * score.exact_match, 100 * score.f1)
