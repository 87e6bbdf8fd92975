"""What a visitor says of an answer, kept in a local file as SQuAD 2.0: data for ``luke-qa eval`` and fine-tuning.

A verdict is about one question. A later one about it replaces the earlier one, and it can be taken back.
"""

import os
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..evaluation import Answer, Paragraph, Question, ReadReport, read_questions, to_squad
from .documents import Document

_LINE_BREAK: Final = re.compile(r"\r\n?|\n")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The right answer, at [start, end) of a document in code points; without a document: no text contains one."""

    document: int | None = None
    start: int = 0
    end: int = 0


def chosen_span(documents: Sequence[Document], document: object, start: object, end: object) -> Verdict | None:
    """Return the verdict for a selection in the page, or None if it is none.

    A browser counts each line break as one character. Whitespace at the ends is left out.
    """
    if not all(type(value) is int for value in (document, start, end)):
        return None
    assert isinstance(document, int)
    assert isinstance(start, int)
    assert isinstance(end, int)
    if not 0 <= document < len(documents):
        return None
    text = documents[document].text
    first, last = (_original_offset(text, offset) for offset in (start, end))
    selected = text[first:last]
    if not selected.strip():
        return None
    first += len(selected) - len(selected.lstrip())
    return Verdict(document, first, first + len(selected.strip()))


def to_lines(id: str, question: str, documents: Sequence[Document], verdict: Verdict) -> list[str]:
    """Return the verdict as lines of SQuAD 2.0.

    An answer makes one line, of its document. If no text contains one, each of them makes a line.
    """
    if verdict.document is not None:
        text = documents[verdict.document].text
        answer = Answer(text[verdict.start : verdict.end], verdict.start)
        return [_line(id, question, documents[verdict.document], (answer,))]
    return [_line(f"{id}-{number}", question, document, ()) for number, document in enumerate(documents)]


class FeedbackFile:
    """The file of all verdicts. What others write there stays; each change writes it anew, whole or not at all.

    Raises:
        OSError: it cannot be read or written.
        ValueError: it contains something else.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.exists():
            read_questions(path, ReadReport())
        self._given: dict[str, list[str]] = {}  # by id of the question
        self._written: set[str] = set()
        self._lock = threading.Lock()
        self._write()

    def give(self, id: str, lines: Sequence[str]) -> None:
        """Keep the verdict about a question, instead of an earlier one."""
        with self._lock:
            self._given[id] = list(lines)
            self._write()

    def take_back(self, id: str) -> None:
        """Forget the verdict about a question."""
        with self._lock:
            self._given.pop(id, None)
            self._write()

    def _write(self) -> None:
        found = self.path.read_text("utf-8").split("\n") if self.path.exists() else []
        others = [line for line in found if line and line not in self._written]
        given = [_encodable(line) for lines in self._given.values() for line in lines]
        new = self.path.with_name(f"{self.path.name}.new")
        new.write_text("".join(f"{line}\n" for line in [*others, *given]), "utf-8")
        os.replace(new, self.path)
        self._written = set(given)


def _line(id: str, question: str, document: Document, answers: tuple[Answer, ...]) -> str:
    return to_squad(Paragraph(document.name or "", document.text, (Question(id, question, answers),)))


def _encodable(line: str) -> str:
    return line.encode("utf-8", "backslashreplace").decode("utf-8")  # lone surrogates become JSON's escapes


def _original_offset(text: str, offset: int) -> int:
    """Return the offset in ``text`` of an offset in the same text with single line breaks."""
    for line_break in _LINE_BREAK.finditer(text):
        if line_break.start() >= offset:
            break
        offset += len(line_break[0]) - 1
    return max(0, min(offset, len(text)))
