"""Facts: one to three sentences and the questions they answer.

A text is a template with ``{slots}``. The answer to a question is the slot it names, at the slot's position in the
template, so the position is right even if the same words occur elsewhere in the text.
"""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass

_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the part of the fact's text that answers it, [start, end)."""

    question: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Fact:
    """A piece of text, its questions, and near misses: questions that it seems to answer and does not."""

    text: str
    asked: tuple[Asked, ...]
    near_misses: tuple[str, ...] = ()


def fill(
    template: str,
    slots: Mapping[str, str],
    questions: Mapping[str, tuple[str, ...]],
    rng: random.Random,
) -> Fact:
    """Fill a template; ``questions`` maps a slot to ways of asking for it, which are templates too."""
    parts, places, at, last = list[str](), dict[str, tuple[int, int]](), 0, 0
    for match in _SLOT.finditer(template):
        literal, value = template[last : match.start()], slots[match.group(1)]
        at += len(literal)
        places.setdefault(match.group(1), (at, at + len(value)))
        parts += [literal, value]
        at += len(value)
        last = match.end()
    parts.append(template[last:])
    text = "".join(parts)
    asked = list[Asked]()
    for slot, ways in questions.items():
        if slot in places and ways:
            question = rng.choice(ways).format_map(slots)
            if slots[slot] not in question:
                asked.append(Asked(finish(question, rng), *places[slot]))
    return Fact(text, tuple(asked))


_ENDINGS = ("ですか", "ですか", "ですか?", "ですか？", "か", "か?", "", "?", "？", "でしょうか", "ですか。", "なの?")


def finish(question: str, rng: random.Random) -> str:
    """Add an ending to a question that ends in a noun or interrogative, a mark to one that ends in a verb."""
    if question.endswith("~"):
        return question[:-1] + rng.choice(_ENDINGS)
    if question.endswith(("か", "た", "る", "の", "い")):
        return question + rng.choice(("", "?", "？", "。" if question.endswith("か") else ""))
    return question
