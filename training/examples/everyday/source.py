"""Examples of everyday texts: several facts about a small cast, and a question about one of them."""

import random
from collections import Counter

import numpy as np

from training.data.encoding import Encoder
from training.data.leaks import FORBIDDEN
from training.data.store import PackedText
from training.examples.everyday.cast import Cast
from training.examples.everyday.edits import Span, apply, moved
from training.examples.everyday.facts import Fact
from training.examples.everyday.frames import load_frames, tell
from training.examples.everyday.noise import noise
from training.examples.everyday.scenes import SCENES
from training.examples.everyday.slots import person
from training.examples.examples import Example, assemble

_SCENE_SHARE = 0.3
_OTHER_TOPIC = 0.2
NEAR_MISSES = 0.2
"""The share of a frame's questions that are near misses, where it has any."""


class EverydaySource:
    """Texts composed on the spot.

    ``pool`` holds nouns from the corpora, so that a slot cannot be recognised by its list.
    """

    def __init__(self, encoder: Encoder, pool: tuple[str, ...], unanswerable: float = 0.1) -> None:
        self._encoder, self._pool, self._unanswerable = encoder, pool, unanswerable
        self._makers = [maker for maker, _ in SCENES]
        self._weights = [weight for _, weight in SCENES]
        self._topics = load_frames()
        self._sizes = [len(frames) for frames in self._topics.values()]

    def compose(self, rng: random.Random, reach: float = 1.0) -> tuple[str, str, Span | None]:
        """Return (question, context, answer [start, end) or None); ``reach`` as in ``Source.draw``."""
        question, text, answer = self._clean(rng, reach)
        edits = noise(text, rng)
        return question, apply(text, edits), moved(answer, edits) if answer else None

    def _clean(self, rng: random.Random, reach: float) -> tuple[str, str, Span | None]:
        """Return what ``compose`` returns, before noise."""
        while True:
            cast = Cast(tuple(person(rng) for _ in range(rng.randint(1, 3))), self._pool)
            facts = self._facts(rng, cast)
            joiner = rng.choice(("", "", "", "", " ", "\n"))
            if any("\n" in fact.text for fact in facts):  # a list or table ends where its last line does
                joiner = "\n\n" if joiner else "\n"
            index = rng.randrange(len(facts))
            fact, text = facts[index], joiner.join(f.text for f in facts)
            if fact.near_misses and rng.random() < NEAR_MISSES * reach:
                return rng.choice(fact.near_misses), text, None
            if not fact.asked:
                continue
            asked = rng.choice(fact.asked)
            if rng.random() < self._unanswerable * reach:
                answer = fact.text[asked.start : asked.end]
                rest = joiner.join(f.text for i, f in enumerate(facts) if i != index)
                if rest and answer not in rest:
                    return asked.question, rest, None
                continue
            before = sum(len(f.text) + len(joiner) for f in facts[:index])
            return asked.question, text, (before + asked.start, before + asked.end)

    def _facts(self, rng: random.Random, cast: Cast) -> list[Fact]:
        """Choose facts of scenes, or longer ones of frames.

        Frames are mostly of one topic, and a frame may be told several times of other people or days. Otherwise no
        frame is used twice, since its questions would have several answers.
        """
        if rng.random() < _SCENE_SHARE:
            count = rng.choice((1, 2, 2, 3, 3, 4, 5, 6, 8))
            return [rng.choices(self._makers, self._weights)[0](rng, cast) for _ in range(count)]
        count = rng.choice((1, 1, 2, 2, 2, 3, 3, 4, 5))
        facts, topics, used = list[Fact](), list(self._topics), set[tuple[str, int]]()
        (home,) = rng.choices(topics, self._sizes)
        while len(facts) < count:
            topic = rng.choices(topics, self._sizes)[0] if rng.random() < _OTHER_TOPIC else home
            number, told = rng.randrange(len(self._topics[topic])), rng.choices((1, 2, 3), (0.6, 0.3, 0.1))[0]
            if (topic, number) in used:
                continue
            used.add((topic, number))
            facts += tell(self._topics[topic][number], min(told, count - len(facts)), rng, cast)
        if rng.random() < 0.5:
            rng.shuffle(facts)
        return facts

    def draw(self, rng: random.Random, reach: float = 1.0) -> Example:
        question, context, answer = self.compose(rng, reach)
        ids, starts, ends = self._encoder.located(context)
        tokens = None
        if answer:
            first = int(np.searchsorted(starts, answer[0], "right")) - 1
            tokens = (first, int(np.searchsorted(ends, answer[1], "left")) + 1)
        return assemble(self._encoder.ids(question), ids, tokens, False, rng)


def noun_pool(texts: list[PackedText], min_count: int = 3) -> tuple[str, ...]:
    """Return frequent general and proper nouns of two to six characters from the corpora."""
    counts = Counter[str]()
    for packed in texts:
        wanted = [i for i, c in enumerate(packed.classes) if c.startswith(("名詞,一般", "名詞,固有名詞,一般"))]
        sentences = len(packed.sentence_start)
        origin = np.repeat(packed.char_of[:-1], np.diff(packed.sentence_of)) + packed.sentence_start
        owner = np.repeat(np.arange(sentences), np.diff(packed.morpheme_of))
        chosen = np.isin(packed.morpheme_class, wanted) & (packed.morpheme_length >= 2) & (packed.morpheme_length <= 6)
        begins = (origin[owner[chosen]] + packed.morpheme_start[chosen]).tolist()
        for begin, length in zip(begins, packed.morpheme_length[chosen].tolist(), strict=True):
            counts[packed.text[begin : begin + length]] += 1
    kept = (
        word
        for word, count in counts.items()
        if count >= min_count and not any("ぁ" <= c <= "ん" for c in word) and not any(f in word for f in FORBIDDEN)
    )
    return tuple(sorted(kept))
