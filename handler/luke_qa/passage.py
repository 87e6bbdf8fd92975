"""The text around an answer: its sentence, or a number of characters."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Literal

from luke_qa.boundaries import CLOSING, OPENING
from luke_qa.query import Answers, Passage, Span

_END = re.compile("[。！？]+")
# Farther from the answer, no border is looked for: text without any would make every passage the whole document.
MAX_REACH = 2000


def find_passage(context: str, start: int, end: int, wanted: Literal["sentence"] | int) -> tuple[int, int]:
    """Return the place of the passage around ``context[start:end]``, without surrounding whitespace.

    ``wanted`` is a number of characters on each side, or "sentence": from the last border before the answer to the
    first after it. The end of a sentence within brackets, as in 「そうか。」と言った, is no border.
    """
    if wanted == "sentence":
        first, last = max(0, start - MAX_REACH), min(len(context), end + MAX_REACH)
        borders = [first + border for border in _borders(context[first:last])]
        begin = max((border for border in borders if border <= start), default=first)
        stop = min((border for border in borders if border >= end), default=last)
    else:
        begin, stop = max(0, start - wanted), min(len(context), end + wanted)
    while begin < start and context[begin].isspace():
        begin += 1
    while stop > end and context[stop - 1].isspace():
        stop -= 1
    return begin, stop


def with_passages(answers: Answers, contexts: Sequence[str], wanted: Literal["sentence"] | int) -> Answers:
    """Return the answers, each with the passage around it."""
    return replace(answers, spans=tuple(_with_passage(span, contexts, wanted) for span in answers.spans))


def _with_passage(span: Span, contexts: Sequence[str], wanted: Literal["sentence"] | int) -> Span:
    if span.document is None or span.start is None or span.end is None:
        return span
    context = contexts[span.document]
    begin, stop = find_passage(context, span.start, span.end, wanted)
    return replace(span, passage=Passage(context[begin:stop], begin, stop))


def _borders(text: str) -> list[int]:
    """Return the ends of the sentences and lines of ``text``.

    A bracket that does not close in its line is ignored: it would hide every border after it. An answer has none of
    these (``boundaries``): nothing says how far it would reach.
    """
    borders, line_start = list[int](), 0
    for line in text.splitlines(keepends=True):
        depths = _depths(line)
        borders += [line_start + found.end() for found in _END.finditer(line) if depths[found.start()] == 0]
        line_start += len(line)
        borders.append(line_start)
    return borders


def _depths(line: str) -> list[int]:
    """Return [characters + 1]: in how many pairs of brackets each position is."""
    steps, open_at = [0] * (len(line) + 2), list[int]()
    for place, character in enumerate(line):
        if character in OPENING:
            open_at.append(place)
        elif character in CLOSING and open_at:
            steps[open_at.pop() + 1] += 1
            steps[place + 1] -= 1
    return list(accumulate(steps[:-1]))
