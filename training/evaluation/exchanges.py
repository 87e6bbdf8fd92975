"""Paragraphs that do not answer a question: without any of its answers, of the same title if possible."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from training.data.qa_data import Paragraph, Question


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question, the paragraph that answers it, and others that do not; ``near``: all others have its title."""

    question: Question
    paragraph: Paragraph
    others: tuple[Paragraph, ...]
    near: bool


def draw_exchanges(paragraphs: Sequence[Paragraph], others: int, limit: int, seed: int) -> list[Exchange]:
    """Draw at most ``limit`` answerable questions, each with ``others`` paragraphs that lack its answers.

    If the title has too few paragraphs, or there is no title, paragraphs of other titles are used as well. Questions
    for which too few paragraphs are found are skipped.
    """
    rng = random.Random(seed)
    by_title = defaultdict[str, list[Paragraph]](list)
    for paragraph in paragraphs:
        by_title[paragraph.title].append(paragraph)
    pairs = [(p, q) for p in paragraphs for q in p.questions if q.answers]
    rng.shuffle(pairs)
    found = list[Exchange]()
    for paragraph, question in pairs:
        if len(found) == limit:
            break
        golds = [answer.text for answer in question.answers]
        siblings = _without(by_title[paragraph.title] if paragraph.title else [], paragraph, golds)
        chosen = rng.sample(siblings, min(others, len(siblings)))
        near = len(chosen) == others
        if not near:
            strangers = [p for p in paragraphs if not p.title or p.title != paragraph.title]
            candidates = _without(rng.sample(strangers, min(50, len(strangers))), paragraph, golds)
            chosen += candidates[: others - len(chosen)]
        if len(chosen) == others:
            found.append(Exchange(question, paragraph, tuple(chosen), near))
    return found


def as_unanswerable(exchanges: Sequence[Exchange]) -> list[Paragraph]:
    """Make one paragraph per exchange: its question over the first of the others, which does not answer it."""
    return [
        Paragraph(e.others[0].title, e.others[0].context, (Question(e.question.id, e.question.text, ()),))
        for e in exchanges
    ]


def _without(candidates: Sequence[Paragraph], own: Paragraph, golds: Sequence[str]) -> list[Paragraph]:
    return [p for p in candidates if p.context != own.context and not any(gold in p.context for gold in golds)]
