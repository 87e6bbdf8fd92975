"""Question data: SQuAD 1.1 / 2.0 JSON and JSONL, one paragraph a line, read and checked."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from lzma import LZMAError
from pathlib import Path
from typing import Any

from training.corpora import open_text

_UNREADABLE = (KeyError, TypeError, AttributeError, EOFError, LZMAError, json.JSONDecodeError, UnicodeDecodeError)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer and where it starts in the context (code points)."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Question:
    """A question; no answers means that the context does not answer it."""

    id: str
    text: str
    answers: tuple[Answer, ...]
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A context, its article's title and its questions."""

    title: str
    context: str
    questions: tuple[Question, ...]


@dataclass(slots=True)
class ReadReport:
    """How many questions were kept, and how many dropped, by reason."""

    kept: int = 0
    unanswerable: int = 0
    dropped: Counter[str] = field(default_factory=Counter)


def read_questions(path: Path, report: ReadReport | None = None) -> list[Paragraph]:
    """Paragraphs of a SQuAD 1.1 / 2.0 JSON file or of a JSONL file (both may be xz-compressed).

    Questions without text, answers that are empty and answers that do not stand where they say are dropped and counted.

    Raises:
        ValueError: the file holds neither layout; the message says what is missing.
    """
    report = ReadReport() if report is None else report
    try:
        return [
            Paragraph(raw.get("title", ""), raw["context"], tuple(_questions(raw, report)))
            for raw in _raw_paragraphs(path)
        ]
    except _UNREADABLE as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise ValueError(f"{path}: neither SQuAD JSON (an object with 'data') nor JSONL: {reason}") from error


def _raw_paragraphs(path: Path) -> Iterator[dict[str, Any]]:
    if path.name.removesuffix(".xz").endswith(".jsonl"):
        with open_text(path) as lines:
            yield from (json.loads(line) for line in lines if line.strip())
        return
    with open_text(path) as file:
        document = json.load(file)
    if not isinstance(document, dict) or "data" not in document:
        raise KeyError("data")
    for article in document["data"]:
        for paragraph in article["paragraphs"]:
            yield {"title": article.get("title", "")} | paragraph


def _questions(raw: dict[str, Any], report: ReadReport) -> Iterator[Question]:
    context = raw["context"]
    for entry in raw["qas"]:
        text = entry["question"].strip()
        given = entry.get("answers", [])
        impossible = entry.get("is_impossible", False) or not given
        answers = tuple(
            Answer(a["text"], a["answer_start"])
            for a in given
            if a["text"].strip() and context.startswith(a["text"], a["answer_start"])
        )
        if not text:
            report.dropped["empty question"] += 1
        elif impossible:
            report.kept += 1
            report.unanswerable += 1
            yield Question(str(entry.get("id", "")), text, (), entry.get("question_type", ""))
        elif not answers:
            report.dropped["answer not in the context at its offset"] += 1
        else:
            report.kept += 1
            yield Question(str(entry.get("id", "")), text, answers, entry.get("question_type", ""))
