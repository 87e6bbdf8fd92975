"""Frames: everyday texts and their questions as data, in ``frames/*.txt``, one file per topic.

    @room = 小会議室 応接室 給湯室
    > {who:person}は[けさ|昨日]、{thing:goods}を{room:room}に置き忘れ、<late:始業に遅れ>た。
    who: {thing}を置き忘れたのは誰~ / {room}に忘れ物をした人は誰~
    room: {who}はどこに{thing}を置き忘れましたか

A block starts with its text (``>``), followed by one line for each slot that is asked for: the slot and the ways to
ask, separated by `` / ``. ``{slot:kind}`` is drawn from a kind of ``kinds.py`` or from a list of the file (``@``);
``{slot}`` repeats it. ``<slot:words>`` marks words of the text as an answer. ``[a|b]`` stands for either. A question
that ends in ``~`` gets an ending (``facts.finish``).
"""

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from training.examples.everyday.cast import Cast
from training.examples.everyday.facts import Asked, Fact, finish
from training.examples.everyday.kinds import KINDS, OPEN_KINDS

DIRECTORY = Path(__file__).with_name("frames")

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_PART = re.compile(r"\{(\w+)(?::(\w+))?\}|<(\w+):|>")
_SLOT = re.compile(r"\{(\w+)\}")
_OPEN_SHARE = 0.2
_CAST_SHARE = 0.3
_SHARED = 0.25


@dataclass(frozen=True, slots=True)
class Frame:
    """A text with slots, the ways to ask for each, and the lists of its file."""

    text: str
    questions: Mapping[str, tuple[str, ...]]
    lists: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Telling:
    """A filled frame: the text, every slot's value and position in it, and one way to ask for each."""

    text: str
    values: Mapping[str, str]
    places: Mapping[str, tuple[int, int]]
    ways: Mapping[str, str]


def parse(text: str) -> tuple[Frame, ...]:
    """Parse the frames of a file.

    Raises:
        ValueError: a line breaks the format described above; the message quotes it.
    """
    lists, frames = dict[str, tuple[str, ...]](), list[Frame]()
    lines = [line.strip() for line in text.splitlines() if not line.startswith("#")]
    for filled, group in groupby(lines, bool):
        block = list(group) if filled else []
        while block and block[0].startswith("@"):
            name, _, words = block.pop(0)[1:].partition("=")
            lists[name.strip()] = tuple(words.split())
        if block:
            frames.append(_frame(block, lists))
    return tuple(frames)


def _frame(block: list[str], lists: Mapping[str, tuple[str, ...]]) -> Frame:
    if not block[0].startswith(">"):
        raise ValueError(f"A block begins with `>`: {block[0]}")
    text = block[0][1:].strip()
    kinds = {m[1]: m[2] for m in _PART.finditer(text) if m[2]}
    marked = {m[3] for m in _PART.finditer(text) if m[3]}
    if unknown := set(kinds.values()) - {*KINDS, *lists}:
        raise ValueError(f"There is no such kind: {sorted(unknown)}: {text}")
    questions = dict[str, tuple[str, ...]]()
    for line in block[1:]:
        slot, colon, ways = line.partition(":")
        questions[slot.strip()] = tuple(way.strip() for way in ways.split(" / "))
        if any("~" in way[:-1] for way in questions[slot.strip()]):
            raise ValueError(f"`~` is only allowed where it ends a question: {line}")
        used = {slot.strip(), *_SLOT.findall(line)}
        if not colon or used - {*kinds, *marked}:
            raise ValueError(f"There is no such slot in the text: {line}")
    if used := {m[1] for m in _PART.finditer(text) if m[1]} - {*kinds}:
        raise ValueError(f"There are slots without a kind, {sorted(used)}: {text}")
    return Frame(text, questions, lists)


@cache
def load_frames() -> Mapping[str, tuple[Frame, ...]]:
    """Load all frames, by topic."""
    return {path.stem: parse(path.read_text("utf-8")) for path in sorted(DIRECTORY.glob("*.txt"))}


def tell(frame: Frame, count: int, rng: random.Random, cast: Cast) -> list[Fact]:
    """Tell the frame ``count`` times with different values, some of them shared.

    Only questions with exactly one answer among all tellings are asked.
    """
    tellings = [_fill(frame, {}, rng, cast)]
    for _ in range(count - 1):
        shared = {slot: value for slot, value in tellings[0].values.items() if rng.random() < _SHARED}
        tellings.append(_fill(frame, shared, rng, cast))
    return [
        Fact(told.text, tuple(_asked(told, [other.values for other in tellings if other is not told], rng)))
        for told in tellings
    ]


def _asked(telling: _Telling, others: list[Mapping[str, str]], rng: random.Random) -> Iterator[Asked]:
    for slot, way in telling.ways.items():
        mentioned = _SLOT.findall(way)
        if all(any(telling.values[m] != other.get(m) for m in mentioned) for other in others):
            question = finish(way.format_map(telling.values), rng)
            if slot in telling.places and telling.values[slot] not in question:
                yield Asked(question, *telling.places[slot])


def _fill(frame: Frame, shared: Mapping[str, str], rng: random.Random, cast: Cast) -> _Telling:
    template = _chosen(frame.text, rng)
    parts, values, places, open_at = (
        list[str](),
        dict[str, str](),
        dict[str, tuple[int, int]](),
        list[tuple[str, int]](),
    )
    at = last = 0
    for match in _PART.finditer(template):
        parts.append(template[last : match.start()])
        at += len(parts[-1])
        last = match.end()
        slot, kind, marked = match.groups()
        if slot:
            if slot not in values:
                taken = {*shared.values(), *values.values()}
                values[slot] = shared.get(slot) or _draw(kind, frame, taken, rng, cast)
                places[slot] = (at, at + len(values[slot]))
            parts.append(values[slot])
            at += len(parts[-1])
        elif marked:
            open_at.append((marked, at))
        elif open_at:
            name, begin = open_at.pop()
            places[name], values[name] = (begin, at), "".join(parts)[begin:at]
    text = "".join((*parts, template[last:]))
    ways = {slot: _chosen(rng.choice(ways), rng) for slot, ways in frame.questions.items() if slot in values}
    return _Telling(text, values, places, {s: way for s, way in ways.items() if {*_SLOT.findall(way)} <= {*values}})


def _chosen(template: str, rng: random.Random) -> str:
    return _CHOICE.sub(lambda match: rng.choice(match[1].split("|")), template)


def _draw(kind: str, frame: Frame, taken: set[str], rng: random.Random, cast: Cast) -> str:
    """Draw a value of the kind that neither contains nor is contained in a value of the text."""
    for _ in range(20):
        if kind == "person" and rng.random() < _CAST_SHARE:
            value = cast.someone(rng)
        elif kind in OPEN_KINDS and cast.pool and rng.random() < _OPEN_SHARE:
            value = rng.choice(cast.pool)
        elif kind in frame.lists:
            value = rng.choice(frame.lists[kind])
        else:
            value = KINDS[kind](rng)
        if not any(value in other or other in value for other in taken):
            break
    return value
