"""Examples from plain text: a question made from a sentence, about a window of its document.

The window either contains the answer or lacks it.
"""

import random
from dataclasses import dataclass

import numpy as np

from training.data.encoding import EncodedText, Encoder
from training.data.store import PackedText
from training.examples.examples import Example, Ids, assemble, context_budget
from training.examples.phrases import Kind, Phrase, class_flags, noun_phrases, widen
from training.examples.questions import ask

_WEIGHTS = {Kind.WHAT: 1.0, Kind.GROUP: 2.0}


@dataclass(frozen=True, slots=True)
class Shares:
    """How often an example is changed.

    recurring: asked about another sentence that contains the same phrase; unanswerable: has no answer; titled: shows
    the document's title.
    """

    recurring: float = 0.2
    unanswerable: float = 0.12
    titled: float = 0.35


class TextSource:
    """Examples from the sentences of one packed text."""

    def __init__(self, packed: PackedText, encoded: EncodedText, encoder: Encoder, shares: Shares) -> None:
        self._packed, self._encoded, self._encoder, self._shares = packed, encoded, encoder, shares
        self._flags = class_flags(packed.classes)
        self._origin = np.repeat(packed.char_of[:-1], np.diff(packed.sentence_of))
        self._document_sentence = packed.sentence_of[packed.paragraph_of]
        self._paragraph = np.repeat(np.arange(len(packed.char_of) - 1, dtype=np.int32), np.diff(packed.sentence_of))
        self._sentences = np.flatnonzero(np.diff(packed.morpheme_of) >= 5)
        self._separator = encoder.separator()

    def draw(self, rng: random.Random, reach: float = 1.0) -> Example:
        while True:
            example = self._try(int(self._sentences[rng.randrange(len(self._sentences))]), reach, rng)
            if example is not None:
                return example

    def _try(self, sentence: int, reach: float, rng: random.Random) -> Example | None:
        surfaces, flags, offsets, text = self._morphemes(sentence)
        phrases = noun_phrases(surfaces, flags)
        if not phrases:
            return None
        weights = [_weight(surfaces, p) for p in phrases]
        phrase = rng.choices(phrases, weights)[0]
        document = int(np.searchsorted(self._document_sentence, np.int32(sentence), "right")) - 1
        title = self._packed.titles[document]
        kind = rng.random()
        recurring = kind < self._shares.recurring
        if not recurring and rng.random() < 0.25:
            phrase = widen(surfaces, flags, phrase)
        drop = rng.choice((0.05, 0.2, 0.35))
        question = ask(surfaces, flags, phrase, rng, drop, title if rng.random() < 0.4 else "")
        if question is None:
            return None
        answer = text[offsets[phrase.first] : offsets[phrase.last - 1] + len(surfaces[phrase.last - 1])]
        scope = (int(self._document_sentence[document]), int(self._document_sentence[document + 1]))
        ids = self._encoder.ids(question)
        if recurring:
            return self._recurring(ids, question, answer, sentence, scope, title, reach, rng)
        if kind < self._shares.recurring + self._shares.unanswerable * reach:
            return self._unanswerable(ids, answer, sentence, scope, title, reach, rng)
        start = int(self._origin[sentence] + self._packed.sentence_start[sentence]) + offsets[phrase.first]
        return self._answerable(ids, start, start + len(answer), sentence, scope, title, reach, rng)

    def _morphemes(self, sentence: int) -> tuple[list[str], list[int], list[int], str]:
        packed = self._packed
        begin = int(self._origin[sentence])
        text = packed.text[begin + packed.sentence_start[sentence] : begin + packed.sentence_end[sentence]]
        a, b = packed.morpheme_of[sentence], packed.morpheme_of[sentence + 1]
        offsets = packed.morpheme_start[a:b].tolist()
        lengths = packed.morpheme_length[a:b].tolist()
        surfaces = [text[s : s + n] for s, n in zip(offsets, lengths, strict=True)]
        return surfaces, [self._flags[c] for c in packed.morpheme_class[a:b].tolist()], offsets, text

    def _window(
        self, sentence: int, scope: tuple[int, int], budget: int, avoid: int, rng: random.Random
    ) -> tuple[int, int]:
        """Choose sentences [low, high) around ``sentence`` within ``scope``, about ``budget`` tokens.

        The sentence ``avoid`` is left out, unless it is ``sentence`` itself.
        """
        first, last = self._encoded.first, self._encoded.last
        low, high = sentence, sentence + 1
        size = int(last[sentence] - first[sentence])
        if avoid < sentence:
            scope = (max(scope[0], avoid + 1), scope[1])
        elif avoid > sentence:
            scope = (scope[0], min(scope[1], avoid))
        forward = rng.random()
        while size < budget and (low > scope[0] or high < scope[1]):
            if high < scope[1] and (low == scope[0] or rng.random() < forward):
                size += int(last[high] - first[high])
                high += 1
            else:
                low -= 1
                size += int(last[low] - first[low])
        return low, high

    def _context(self, low: int, high: int, title: str, rng: random.Random) -> tuple[Ids, int, int, list[int]]:
        """Build the context from sentences [low, high).

        Returns its token ids, the length of its title, the first token in the whole text, and the positions of inserted
        separators.
        """
        first, last = int(self._encoded.first[low]), int(self._encoded.last[high - 1])
        parts, inserted = list[Ids](), list[int]()
        prefix = 0
        if title and rng.random() < self._shares.titled:
            parts.append(self._encoder.heading(title))
            prefix = len(parts[0])
        breaks = np.flatnonzero(np.diff(self._paragraph[low:high])) + low + 1
        if len(breaks) and rng.random() < 0.5:  # one paragraph per line
            inserted = [int(self._encoded.first[b]) for b in breaks]
        edges = [first, *inserted, last]
        for index in range(len(edges) - 1):
            if index:
                parts.append(self._separator)
            parts.append(self._encoded.ids[edges[index] : edges[index + 1]])
        return np.concatenate(parts), prefix, first, inserted

    def _answerable(
        self,
        question: Ids,
        start: int,
        end: int,
        sentence: int,
        scope: tuple[int, int],
        title: str,
        reach: float,
        rng: random.Random,
        avoid: int | None = None,
    ) -> Example | None:
        """Make an example whose answer is text[start:end], in ``sentence``."""
        avoid = sentence if avoid is None else avoid
        low, high = self._window(sentence, scope, context_budget(rng, reach), avoid, rng)
        context, prefix, origin, inserted = self._context(low, high, title, rng)
        # np.int32: with another type, numpy would copy the whole array for every search
        first = int(np.searchsorted(self._encoded.starts, np.int32(start), "right")) - 1
        last = int(np.searchsorted(self._encoded.ends, np.int32(end), "left")) + 1
        shift = prefix - origin + sum(position <= first for position in inserted)
        return assemble(question, context, (first + shift, last + shift), True, rng)

    def _unanswerable(
        self,
        question: Ids,
        answer: str,
        sentence: int,
        scope: tuple[int, int],
        title: str,
        reach: float,
        rng: random.Random,
    ) -> Example | None:
        if scope[1] - scope[0] < 2:
            return None
        other = rng.randrange(*scope)
        if other == sentence:
            return None
        low, high = self._window(other, scope, context_budget(rng, reach), sentence, rng)
        if answer in self._text(low, high):
            return None
        context, *_ = self._context(low, high, "" if answer in title else title, rng)
        return assemble(question, context, None, True, rng)

    def _recurring(
        self,
        question_ids: Ids,
        question: str,
        answer: str,
        sentence: int,
        scope: tuple[int, int],
        title: str,
        reach: float,
        rng: random.Random,
    ) -> Example | None:
        """Ask about the same phrase in another sentence of the document.

        That sentence's surroundings must fit the question.
        """
        if len(answer) < 2:
            return None
        origin = self._begin(scope[0])
        text = self._text(*scope)
        places, position = list[int](), text.find(answer)
        own = (self._begin(sentence) - origin, self._end(sentence) - origin)
        while position >= 0:
            if not own[0] <= position < own[1]:
                places.append(position)
            position = text.find(answer, position + 1)
        if not places or len(places) > 12:
            return None
        place = rng.choice(places)
        around = text[max(0, place - 120) : place + 120]
        shared = sum(question[i : i + 2] in around for i in range(len(question) - 4))
        if shared < 3:
            return None
        begins = self._origin[scope[0] : scope[1]] + self._packed.sentence_start[scope[0] : scope[1]]
        other = scope[0] + int(np.searchsorted(begins, np.int32(origin + place), "right")) - 1
        if other == sentence or origin + place + len(answer) > self._end(other):
            return None
        start = origin + place
        return self._answerable(question_ids, start, start + len(answer), other, scope, title, reach, rng, sentence)

    def _begin(self, sentence: int) -> int:
        return int(self._origin[sentence] + self._packed.sentence_start[sentence])

    def _end(self, sentence: int) -> int:
        return int(self._origin[sentence] + self._packed.sentence_end[sentence])

    def _text(self, low: int, high: int) -> str:
        return self._packed.text[self._begin(low) : self._end(high - 1)]


def _weight(surfaces: list[str], phrase: Phrase) -> float:
    """Weight names, numbers, times and longer terms above plain nouns."""
    base = _WEIGHTS.get(phrase.kind, 3.0)
    return base * (1.6 if phrase.last - phrase.first > 1 else 1.0)
