"""Examples from questions that people asked.

Their contexts are whole, cropped, lengthened or exchanged, and a question may be made to contradict its context.
"""

import random
from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from training.data.corpora import sentence_spans
from training.data.encoding import Encoder
from training.data.qa_data import Paragraph
from training.examples.contradictions import contradict, names
from training.examples.examples import Example, Ids, assemble, context_budget


@dataclass(frozen=True, slots=True)
class _Context:
    """A context's tokens, its sentences as token ranges, and which tokens are line breaks."""

    title: str
    text: str
    ids: Ids
    starts: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int32]
    sentences: list[tuple[int, int]]
    breaks: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Question:
    """A question, its tokens, its context, and its answers as text and token ranges; without answers: unanswerable."""

    text: str
    ids: Ids
    context: int
    answers: list[tuple[str, int, int]]


@dataclass(frozen=True, slots=True)
class HumanShares:
    """How often a context is changed.

    unanswerable: exchanged for one without the answer; contradicted: the question is changed, so that the context lacks
    the answer; crop: cropped; lengthen: lengthened; titled: given its title; joined: stripped of its line breaks;
    masked: its tokens may be masked, so that a frequent question looks different each time. The first four are the
    values at the end of a run, which begins with cropping only.
    """

    unanswerable: float = 0.10
    contradicted: float = 0.08
    crop: float = 0.4
    lengthen: float = 0.1
    titled: float = 0.4
    joined: float = 0.4
    masked: float = 0.5


class HumanSource:
    """Examples from the questions of a question-answering data set."""

    def __init__(self, paragraphs: list[Paragraph], encoder: Encoder, shares: HumanShares) -> None:
        self._encoder, self._shares = encoder, shares
        self._contexts = [_context(p, encoder) for p in paragraphs]
        self._questions = [
            _Question(
                question.text,
                encoder.ids(question.text),
                index,
                [(a.text, *_tokens(self._contexts[index], a.start, a.start + len(a.text))) for a in question.answers],
            )
            for index, paragraph in enumerate(paragraphs)
            for question in paragraph.questions
        ]
        self._names = names(question.text for paragraph in paragraphs for question in paragraph.questions)
        by_title = defaultdict[str, list[int]](list)
        for index, paragraph in enumerate(paragraphs):
            by_title[paragraph.title].append(index)
        self._siblings = [by_title[p.title] for p in paragraphs]

    def __len__(self) -> int:
        return len(self._questions)

    def draw(self, rng: random.Random, reach: float = 1.0) -> Example:
        question = self._questions[rng.randrange(len(self._questions))]
        context = self._contexts[question.context]
        if not question.answers:
            return assemble(question.ids, self._titled(context, context.ids, rng)[0], None, False, rng)
        text, first, last = rng.choice(question.answers)
        if rng.random() < self._shares.contradicted * reach:
            changed = contradict(question.text, context.text, self._names, rng)
            if changed is not None:
                contradicting = replace(question, ids=self._encoder.ids(changed))
                return self._finish(contradicting, context, 0, len(context.ids), None, rng)
        kind = rng.random()
        unanswerable = self._shares.unanswerable * reach
        crop = 1.0 - reach * (1.0 - self._shares.crop)
        if kind < unanswerable:
            other = self._contexts[rng.choice(self._siblings[question.context])]
            if text not in other.text and other.text != context.text:
                low, high = _crop(other, 0, 1, reach, rng) if rng.random() < 0.4 else (0, len(other.ids))
                return self._finish(question, other, low, high, None, rng)
        if kind > 1 - self._shares.lengthen * reach and (others := self._without_answer(question)):
            return self._lengthened(question, context, rng.choice(others), (first, last), rng)
        if kind < unanswerable + crop:
            low, high = _crop(context, first, last, reach, rng)
            return self._finish(question, context, low, high, (first, last), rng)
        return self._finish(question, context, 0, len(context.ids), (first, last), rng)

    def _finish(
        self,
        question: _Question,
        context: _Context,
        low: int,
        high: int,
        answer: tuple[int, int] | None,
        rng: random.Random,
    ) -> Example:
        """Take tokens [low, high) of the context, sometimes without line breaks, sometimes under its title."""
        kept = np.ones(high - low, bool)
        if rng.random() < self._shares.joined:
            kept = ~context.breaks[low:high]
        ids = context.ids[low:high][kept]
        if answer is not None:
            before = np.concatenate(([0], np.cumsum(kept)))
            answer = (int(before[answer[0] - low]), int(before[answer[1] - low]))
        ids, shift = self._titled(context, ids, rng)
        moved = (answer[0] + shift, answer[1] + shift) if answer else None
        return assemble(question.ids, ids, moved, rng.random() < self._shares.masked, rng)

    def _without_answer(self, question: _Question) -> list[Ids]:
        """Return the other paragraphs of the same title that contain no answer."""
        others = (self._contexts[index] for index in self._siblings[question.context] if index != question.context)
        return [other.ids for other in others if not any(text in other.text for text, _, _ in question.answers)]

    def _lengthened(
        self,
        question: _Question,
        context: _Context,
        other: Ids,
        answer: tuple[int, int],
        rng: random.Random,
    ) -> Example:
        """Put another paragraph before or after the context."""
        separator = self._encoder.separator()
        if rng.random() < 0.5:
            ids = np.concatenate((context.ids, separator, other))
            return assemble(question.ids, ids, answer, False, rng)
        shift = len(other) + len(separator)
        ids = np.concatenate((other, separator, context.ids))
        return assemble(question.ids, ids, (answer[0] + shift, answer[1] + shift), False, rng)

    def _titled(self, context: _Context, ids: Ids, rng: random.Random) -> tuple[Ids, int]:
        if not context.title or rng.random() >= self._shares.titled:
            return ids, 0
        title = self._encoder.heading(context.title)
        return np.concatenate((title, ids)), len(title)


def _context(paragraph: Paragraph, encoder: Encoder) -> _Context:
    text = paragraph.context
    ids, starts, ends = encoder.located(text)
    sentences = [(int(np.searchsorted(starts, a)), int(np.searchsorted(starts, b))) for a, b in sentence_spans(text)]
    breaks = np.array([text[a:b].isspace() and "\n" in text[a:b] for a, b in zip(starts, ends, strict=True)])
    return _Context(paragraph.title, text, ids, starts, ends, sentences, breaks)


def _tokens(context: _Context, start: int, end: int) -> tuple[int, int]:
    """Find the tokens [first, last) that cover text[start:end]."""
    first = int(np.searchsorted(context.starts, start, "right")) - 1
    return first, max(first, int(np.searchsorted(context.ends, end, "left"))) + 1


def _crop(context: _Context, first: int, last: int, reach: float, rng: random.Random) -> tuple[int, int]:
    """Take whole sentences around tokens [first, last), up to about the budget."""
    low, high = first, last
    for a, b in context.sentences:
        if a <= first < b:
            low = a
        if a < last <= b:
            high = max(b, last)
    budget, inside = context_budget(rng, reach), [s for s in context.sentences if s[0] >= high or s[1] <= low]
    left = [s for s in inside if s[1] <= low]
    right = [s for s in inside if s[0] >= high]
    forward = rng.random()
    while high - low < budget and (left or right):
        if right and (not left or rng.random() < forward):
            high = max(high, right.pop(0)[1])
        else:
            low = min(low, left.pop()[0])
    return low, high
