"""Noise: what a text picks up when it is copied from a PDF file, a web page or a form."""

import random
import re
from collections.abc import Iterator

from training.examples.everyday.edits import Edit

WRAPPED = 0.08
"""The share of texts wrapped at a fixed width, with line breaks inside sentences."""
INVISIBLE = 0.04
"""The share of texts with invisible characters inside."""
SPACED = 0.04
"""The share of texts with stray spaces."""
UNBROKEN = 0.12
"""The share of texts with line breaks that lose them; a space is left of each."""

_INVISIBLE = ("\u200b", "\u200b", "\u200b", "\ufeff", "\u00ad")
_SPACES = (" ", " ", "　")
_NO_LINE_START = frozenset("、。，．,.!?！？）)」』】〉》〕]}ーぁぃぅぇぉっゃゅょァィゥェォッャュョ・：:；;％%〜～々")


def noise(text: str, rng: random.Random) -> list[Edit]:
    """Draw the edits that make ``text`` noisy; mostly there are none."""
    kind = rng.random()
    if kind < WRAPPED:
        return list(_wraps(text, rng.randint(16, 48)))
    if kind < WRAPPED + INVISIBLE:
        return _scattered(text, _INVISIBLE, rng)
    if kind < WRAPPED + INVISIBLE + SPACED:
        return _scattered(text, _SPACES, rng)
    if "\n" in text and kind > 1 - UNBROKEN:
        space = rng.choice(_SPACES)
        return [(m.start(), m.end(), space) for m in re.finditer(r"\n+", text)]
    return []


def _wraps(text: str, width: int) -> Iterator[Edit]:
    """A line break after ``width`` characters, or after more where the next must not begin a line."""
    begin = 0
    for at, character in enumerate(text):
        if character == "\n":
            begin = at + 1
        elif at - begin >= width and character not in _NO_LINE_START and not _within_word(text, at):
            yield at, at, "\n"
            begin = at


def _within_word(text: str, at: int) -> bool:
    """Whether a break before ``at`` would part letters or digits of a word."""
    return text[at - 1].isascii() and text[at - 1].isalnum() and text[at].isascii() and text[at].isalnum()


def _scattered(text: str, characters: tuple[str, ...], rng: random.Random) -> list[Edit]:
    places = sorted(rng.randrange(1, len(text)) for _ in range(rng.randint(1, 3)))
    return [(at, at, rng.choice(characters)) for at in places]
