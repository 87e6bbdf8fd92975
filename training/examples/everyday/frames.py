r"""Frames: everyday texts and their questions as data, in ``frames/*.txt``, one file per topic.

    @room = 小会議室 応接室 給湯室
    > {who:person}は[けさ|昨日]、{thing:goods}を{room:room}に置き忘れ、<late:始業に遅れ>た。
    who: {thing}を置き忘れたのは誰~ / {room}に忘れ物をした人は誰~
    room: {who}はどこに{thing}を置き忘れましたか
    none: {other:person}が{room}に置き忘れたのは何~ / {thing}を見つけたのは誰~

A block starts with its text (``>``), followed by one line for each slot that is asked for: the slot and the ways to
ask, separated by `` / ``. ``{slot:kind}`` is drawn from a kind of ``kinds.py`` or from a list of the file (``@``);
``{slot}`` repeats it. ``<slot:words>`` marks words of the text as an answer. ``[a|b]`` stands for either. A question
that ends in ``~`` gets an ending (``facts.finish``).

``none`` has near misses: questions that the text seems to answer and does not. A ``{slot:kind}`` there is drawn so that
the text does not contain it.

``\n`` in a text is a line break and ``\|`` a bar inside a choice; outside one, ``|`` is itself. A line that starts with
``・`` is an item, and `` | `` is the border of two cells: ``layout`` also gives lists and tables other forms.
"""

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from training.examples.everyday.cast import Cast
from training.examples.everyday.edits import Span, apply, moved
from training.examples.everyday.facts import Asked, Fact, finish
from training.examples.everyday.kinds import KINDS, OPEN_KINDS
from training.examples.everyday.layout import Style, draw_style, restyle

DIRECTORY = Path(__file__).with_name("frames")

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_PART = re.compile(r"\{(\w+)(?::(\w+))?\}|<(\w+):|>")
_SLOT = re.compile(r"\{(\w+)\}")
_BORDER = re.compile(r"(?<!\\)\|")
_LAID_OUT = re.compile(r"\\n|^・| \| ")
_NEAR_MISSES = "none"
_OPEN_SHARE = 0.2
_CAST_SHARE = 0.3
_SHARED = 0.25


@dataclass(frozen=True, slots=True)
class Frame:
    """A text with slots, the ways to ask for each, near misses, and the lists of its file."""

    text: str
    questions: Mapping[str, tuple[str, ...]]
    near_misses: tuple[str, ...]
    lists: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Telling:
    """A filled frame: the text, every slot's value and position in it, and one way to ask for each."""

    text: str
    values: Mapping[str, str]
    places: Mapping[str, Span]
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
            if name.strip() in lists:
                raise ValueError(f"two lists of one name: @{name}={words}")
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
    if used := {m[1] for m in _PART.finditer(text) if m[1]} - {*kinds}:
        raise ValueError(f"There are slots without a kind, {sorted(used)}: {text}")
    if _NEAR_MISSES in {*kinds, *marked}:
        raise ValueError(f"A slot must not be called `{_NEAR_MISSES}`: {text}")
    questions, named = dict[str, tuple[str, ...]](), {*kinds.values()}
    for line in block[1:]:
        slot, colon, ways = line.partition(":")
        name = slot.strip()
        questions[name] = tuple(way.strip() for way in ways.split(" / "))
        if any("~" in way[:-1] for way in questions[name]):
            raise ValueError(f"`~` is only allowed where it ends a question: {line}")
        drawn = {m[1]: m[2] for m in _PART.finditer(ways) if m[2]}
        if drawn and name != _NEAR_MISSES:
            raise ValueError(f"Only `{_NEAR_MISSES}` draws slots of its own: {line}")
        used = {name, *_SLOT.findall(line)} - {_NEAR_MISSES}
        if not colon or used - {*kinds, *marked, *drawn}:
            raise ValueError(f"There is no such slot in the text: {line}")
        named |= {*drawn.values()}
    if unknown := named - {*KINDS, *lists}:
        raise ValueError(f"There is no such kind: {sorted(unknown)}: {text}")
    near_misses = questions.pop(_NEAR_MISSES, ())
    return Frame(text, questions, near_misses, lists)


@cache
def load_frames() -> Mapping[str, tuple[Frame, ...]]:
    """Load all frames, by topic."""
    return {path.stem: parse(path.read_text("utf-8")) for path in sorted(DIRECTORY.glob("*.txt"))}


def tell(frame: Frame, count: int, rng: random.Random, cast: Cast) -> list[Fact]:
    """Tell the frame ``count`` times with different values, some of them shared.

    Only questions with exactly one answer among all tellings are asked.
    """
    style = draw_style(rng) if _LAID_OUT.search(frame.text) else None
    tellings = [_fill(frame, {}, style, rng, cast)]
    for _ in range(count - 1):
        shared = {slot: value for slot, value in tellings[0].values.items() if rng.random() < _SHARED}
        tellings.append(_fill(frame, shared, style, rng, cast))
    return [
        Fact(
            told.text,
            tuple(_asked(told, [other.values for other in tellings if other is not told], rng)),
            tuple(_near_misses(frame, told, tellings, rng, cast)),
        )
        for told in tellings
    ]


def _asked(telling: _Telling, others: list[Mapping[str, str]], rng: random.Random) -> Iterator[Asked]:
    for slot, way in telling.ways.items():
        mentioned = _SLOT.findall(way)
        if all(any(telling.values[m] != other.get(m) for m in mentioned) for other in others):
            question = finish(way.format_map(telling.values), rng)
            if slot in telling.places and telling.values[slot] not in question:
                yield Asked(question, *telling.places[slot])


def _near_misses(
    frame: Frame, telling: _Telling, tellings: list[_Telling], rng: random.Random, cast: Cast
) -> Iterator[str]:
    """One near miss of a frame that has any, unless a slot it draws stands in one of the texts."""
    if not frame.near_misses:
        return
    way = _chosen(rng.choice(frame.near_misses), rng)
    values = dict(telling.values)
    taken = {value for told in tellings for value in told.values.values()}
    for slot, kind in (m.group(1, 2) for m in _PART.finditer(way) if m[2]):
        values[slot] = _draw(kind, frame, taken | {*values.values()}, rng, cast)
        if any(values[slot] in told.text for told in tellings):
            return
    way = _PART.sub(r"{\1}", way)
    if {*_SLOT.findall(way)} <= {*values}:
        yield finish(way.format_map(values), rng)


def _fill(frame: Frame, shared: Mapping[str, str], style: Style | None, rng: random.Random, cast: Cast) -> _Telling:
    template = _chosen(frame.text, rng)
    parts, values, places, open_at = (
        list[str](),
        dict[str, str](),
        dict[str, Span](),
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
    if style:
        edits = restyle(text, style)
        text, places = apply(text, edits), {name: moved(place, edits) for name, place in places.items()}
    ways = {slot: _chosen(rng.choice(ways), rng) for slot, ways in frame.questions.items() if slot in values}
    return _Telling(text, values, places, {s: way for s, way in ways.items() if {*_SLOT.findall(way)} <= {*values}})


def _chosen(template: str, rng: random.Random) -> str:
    """The template with its choices made and its escapes read."""
    chosen = _CHOICE.sub(lambda match: rng.choice(_BORDER.split(match[1])), template)
    return chosen.replace("\\n", "\n").replace("\\|", "|")


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
