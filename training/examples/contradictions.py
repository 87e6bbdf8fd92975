"""Questions that a context seems to answer and does not: a name or number of the question is exchanged.

The context still mentions everything else, so the network learns to check all parts of a question before it answers.
Only runs that the context contains are exchanged, and only for runs that it does not contain.
"""

import random
import re
from collections.abc import Iterable, Sequence

_NUMBER = re.compile(r"[0-9]+|[０-９]+|(?=[十百千]*[一二三四五六七八九])[一二三四五六七八九十百千]{2,}")
_NAME = re.compile(r"[ァ-ヴー]{3,}|[A-Za-z]{3,}")
_DIGITS = ("0123456789", "０１２３４５６７８９", "一二三四五六七八九")


def names(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the words in katakana and Latin letters of ``texts``, sorted, each once."""
    return tuple(sorted({name for text in texts for name in _NAME.findall(text)}))


def contradict(question: str, context: str, others: Sequence[str], rng: random.Random) -> str | None:
    """Exchange one number or name of ``question`` that ``context`` contains; None if there is none.

    others: names to choose from (see ``names``).
    """
    runs = [m for pattern in (_NUMBER, _NAME) for m in pattern.finditer(question) if m.group() in context]
    if not runs:
        return None
    run = rng.choice(runs)
    for _ in range(8):
        other = _other_number(run.group(), rng) if _NUMBER.fullmatch(run.group()) else rng.choice(others)
        if other not in context and other != run.group():
            return question[: run.start()] + other + question[run.end() :]
    return None


def _other_number(number: str, rng: random.Random) -> str:
    """Change the last digit, or another one, so that the number stays plausible."""
    digits = next(digits for digits in _DIGITS if any(character in digits for character in number))
    places = [i for i, character in enumerate(number) if character in digits]
    place = places[-1] if rng.random() < 0.5 else rng.choice(places)
    allowed = digits[1:] if place == 0 and len(number) > 1 and digits[0] in "0０" else digits
    return number[:place] + rng.choice(allowed.replace(number[place], "")) + number[place + 1 :]
