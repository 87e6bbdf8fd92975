"""Read through the line breaks that a page's width put into a text, as in what is copied from a PDF.

A break is a wrap if the words run on over it. The rules look at the line before the break and the line after it:

- both have text, and the two characters at the break are Japanese, or one is and the other is a letter or a digit;
- the line before does not end a sentence; the line after does not begin a list item, a heading or an indented
  paragraph; neither is a row of a table;
- something shows that the sentence goes on: a word or a number continues, the line before ends in a comma, an open
  bracket or a particle, its sentence so far has a topic (は) or a comma, or it is as long as lines get in this text.

Everything else stays: blank lines, headings, lists (also without marks), tables, and lines of English.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from luke_qa.query import Answers, Passage, Span
from luke_qa.tokenizer import IntArray

_BLANK: Final = " \t\u3000\xa0"
_LINE: Final = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|$)")
_JAPANESE: Final = re.compile(
    r"[\u3001-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\uff01-\uff9f\U00020000-\U0003ffff]"
)

_SENTENCE_END: Final = re.compile(r"[。！？!?．：:][」』）)】]*$")
_NUMERAL: Final = "0-9０-９一二三四五六七八九十百千万億兆〇零"
# What begins a line that is not the continuation of another: an item, a heading, a note, a label before a colon.
_BEGINNING: Final = re.compile(
    rf"""[・•●○◎■□◆◇▲△▼▽★☆※→⇒✓✔☐☑＊*\#>|｜【] | [-–—－+]\s | [①-⑳⑴-⒇❶-❿Ⓐ-ⓩ㈠-㉃]
    | [(（[［〔][{_NUMERAL}a-zA-Zア-ンａ-ｚＡ-Ｚ]{{1,3}}[)）\]］〕]
    | [{_NUMERAL}]{{1,4}}(?:[.．][0-9０-９]+)*[.．)）、:：] | [0-9０-９]+(?:[.．][0-9０-９]+)+\s | [0-9０-９]{{1,2}}\s
    | [a-zA-Zア-ン][.．)）] | 第[{_NUMERAL}]+[章節条項部編回] | [^、。\s]{{1,12}}[：:]
    | (?:注|図|表|例|付録|参考)[{_NUMERAL}A-Z]*[.．:：\s]""",
    re.VERBOSE,
)
_HEADING: Final = re.compile(rf"[#■]|第[{_NUMERAL}]+[章節部編]|[0-9０-９]+(?:[.．][0-9０-９]+)*[.．]?\s|【[^】]*】$")
_ROW: Final = re.compile(r"[\t|｜]|\S[ \xa0]{2,}\S|\S\u3000+\S+\u3000+\S")

# A word or a number that is cut, or a character that cannot begin a word.
_CUT: Final = re.compile(
    rf"""[^ァ-ヶー\n][ァ-ヶー]+\n[ァ-ヶー]+[ぁ-ん、。] | [ぁ-ん].*[{_NUMERAL}]\n・?[{_NUMERAL}]
    | [{_NUMERAL}]\n[年月日時分秒円人個回度%％]
    | \n[ぁぃぅぇぉっゃゅょをんァィゥェォッャュョー々。、」』）)】]""",
    re.VERBOSE,
)
_OPEN: Final = re.compile(r"(?:[、，,（「『【(がをの]|(?<!と)は|明治|大正|昭和|平成|令和)$")
_UNDERWAY: Final = re.compile(r"、|\S(?<!と)は(?!じ|$)")
_FULL: Final = 0.85  # of the longest line, from which a line counts as filled
_NARROWEST: Final = 30  # columns; in a text of shorter lines, length says nothing
_WORD: Final = 40  # characters on either side in which a cut word is looked for
_SENTENCE: Final = 200  # characters of the sentence so far that are looked at


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A text as it is read, and where it stands in the text as given.

    sources: int64 [characters]; ``text[k]`` is character ``sources[k]`` of the original.
    """

    text: str
    sources: IntArray


def join_lines(text: str) -> Reading:
    """Return the text without the line breaks inside wrapped lines, and the blanks around these."""
    lines = list(_lines(text))
    kept = np.ones(len(text), bool)
    for before, after in _wraps(lines):
        kept[before.end : after.start] = False
    sources = np.flatnonzero(kept)
    return Reading("".join(text[place] for place in sources) if len(sources) < len(text) else text, sources)


def placed(answers: Answers, readings: Sequence[Reading]) -> Answers:
    """Return answers that were found in the readings, with their positions in the texts as given."""
    return replace(answers, spans=tuple(_placed(span, readings) for span in answers.spans))


def _placed(span: Span, readings: Sequence[Reading]) -> Span:
    if span.document is None or span.start is None or span.end is None:
        return span
    sources = readings[span.document].sources

    def moved(start: int, end: int) -> tuple[int, int]:
        return int(sources[start]), int(sources[end - 1]) + 1

    start, end = moved(span.start, span.end)
    passage = span.passage and Passage(span.passage.text, *moved(span.passage.start, span.passage.end))
    return replace(span, start=start, end=end, passage=passage)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line without the blanks around it, at [start, end); ``indent`` are the columns before it."""

    text: str
    start: int
    end: int
    indent: int

    @property
    def width(self) -> int:
        return self.indent + _width(self.text)


def _lines(text: str) -> Iterator[_Line]:
    for match in _LINE.finditer(text):
        stripped = match[1].strip(_BLANK)
        indent = len(match[1]) - len(match[1].lstrip(_BLANK)) if stripped else 0
        start = match.start() + indent
        yield _Line(stripped, start, start + len(stripped), _width(match[1][:indent]))


def _wraps(lines: Sequence[_Line]) -> Iterator[tuple[_Line, _Line]]:
    """Yield the neighbours between which the text was only wrapped."""
    longest = max((line.width for line in lines), default=0)
    paragraph, sentence = lines[0], ""
    for before, after in pairwise(lines):
        sentence = (sentence + before.text)[-_SENTENCE:].rpartition("。")[2]
        if _may_continue(before, after, paragraph) and (
            _is_cut(before, after)
            or _OPEN.search(before.text)
            or _UNDERWAY.search(sentence)
            or (longest >= _NARROWEST and before.width >= _FULL * longest)
        ):
            yield before, after
        else:
            paragraph, sentence = after, ""


def _may_continue(before: _Line, after: _Line, paragraph: _Line) -> bool:
    """Return whether nothing speaks against the line going on with the paragraph that the line before ends."""
    if not before.text or not after.text or _SENTENCE_END.search(before.text):
        return False
    if any(_ROW.search(line.text) for line in (before, after)) or (before is paragraph and _HEADING.match(before.text)):
        return False
    if after.indent > before.indent and not _hangs(after, paragraph):
        return False
    if _is_cut(before, after):
        return True
    return _is_japanese(before.text[-1], after.text[0]) and not _BEGINNING.match(after.text)


def _is_cut(before: _Line, after: _Line) -> bool:
    return bool(_CUT.search(f"{before.text[-_WORD:]}\n{after.text[:_WORD]}"))


def _is_japanese(before: str, after: str) -> bool:
    """Return whether no space would stand between the two: both are Japanese, or one is beside a letter or a digit."""
    japanese = [bool(_JAPANESE.match(character)) for character in (before, after)]
    return all(japanese) or (any(japanese) and before.isalnum() and after.isalnum())


def _hangs(after: _Line, paragraph: _Line) -> bool:
    """Whether the line is moved in like the text of an item, whose mark stands before it."""
    mark = _BEGINNING.match(paragraph.text)
    return bool(mark) and after.indent <= paragraph.indent + _width(paragraph.text[:4])


def _width(text: str) -> int:
    """Return the columns of a text: two for a wide character."""
    return sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in text)
