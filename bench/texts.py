"""Requests to measure with: questions over texts from the training templates, with the lengths of real requests."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from bench.windows import MIX_LOG_MEAN, MIX_LOG_SIGMA
from luke_qa.tokenizer import Tokenizer
from training.examples.everyday.cast import Cast
from training.examples.everyday.facts import Fact
from training.examples.everyday.frames import load_frames, tell
from training.examples.everyday.slots import person

_LONGEST = 480  # tokens


@dataclass(frozen=True, slots=True)
class Pair:
    """A question over a context."""

    question: str
    context: str

    def body(self) -> bytes:
        return json.dumps({"question": self.question, "context": self.context}).encode()


def draw_pairs(count: int, tokenizer: Tokenizer, seed: int) -> list[Pair]:
    """Draw pairs with the token lengths of ``windows.draw_mix``; each may be longer by one fact."""
    rng = random.Random(seed)
    lengths = np.random.default_rng(seed).lognormal(MIX_LOG_MEAN, MIX_LOG_SIGMA, count).clip(32, _LONGEST)
    return [_pair(int(length), tokenizer, rng) for length in lengths]


def _pair(length: int, tokenizer: Tokenizer, rng: random.Random) -> Pair:
    facts = _facts(rng)
    first = next(fact for fact in facts if fact.asked)
    question, context = rng.choice(first.asked).question, first.text
    while len(tokenizer.tokenize(question + context)) < length:
        context += next(facts).text
    return Pair(question, context)


def _facts(rng: random.Random) -> Iterator[Fact]:
    frames = [frame for topic in load_frames().values() for frame in topic]
    while True:
        yield from tell(rng.choice(frames), 1, rng, Cast((person(rng),), ()))


def cycle(pairs: list[Pair], seed: int) -> Iterator[Pair]:
    """Repeat the pairs, each time in a different order."""
    rng = random.Random(seed)
    while True:
        yield from rng.sample(pairs, len(pairs))


def take(pairs: list[Pair], count: int, seed: int) -> list[Pair]:
    return list(islice(cycle(pairs, seed), count))
