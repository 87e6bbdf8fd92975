"""Question data: SQuAD 1.1 and 2.0 JSON, or JSONL with one paragraph per line; both may be xz-compressed."""

import json
import lzma
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from lzma import LZMAError
from pathlib import Path
from typing import IO, Any, Final

_SEED: Final = 7
_UNREADABLE: Final = (
    KeyError,
    TypeError,
    AttributeError,
    EOFError,
    RecursionError,
    LZMAError,
    json.JSONDecodeError,
    UnicodeDecodeError,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer and its start in the context (code points)."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Question:
    """A question; no answers mean that the context does not answer it."""

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
    """The number of questions kept, and dropped by reason."""

    kept: int = 0
    unanswerable: int = 0
    dropped: Counter[str] = field(default_factory=Counter)


def read_questions(path: Path, report: ReadReport | None = None) -> list[Paragraph]:
    """Return the paragraphs of a SQuAD JSON file or a JSONL file.

    Empty questions, and questions none of whose answers is in the context at its offset, are dropped and counted.

    Raises:
        ValueError: the file has neither format; the message says what is missing.
    """
    report = ReadReport() if report is None else report
    try:
        return [
            Paragraph(raw.get("title", ""), raw["context"], tuple(_questions(raw, report)))
            for raw in _raw_paragraphs(path)
        ]
    except _UNREADABLE as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise ValueError(f"{path} is neither SQuAD JSON (an object with 'data') nor JSONL: {reason}") from error


def sample(paragraphs: Sequence[Paragraph], limit: int | None) -> list[Paragraph]:
    """Return the paragraphs with at most ``limit`` questions in all, sampled with a fixed seed.

    Paragraphs without any of these questions are dropped.
    """
    pairs = [(p, q) for p in range(len(paragraphs)) for q in range(len(paragraphs[p].questions))]
    random.Random(_SEED).shuffle(pairs)
    kept: dict[int, list[int]] = {}
    for paragraph, question in pairs[:limit]:
        kept.setdefault(paragraph, []).append(question)
    return [
        Paragraph(paragraphs[p].title, paragraphs[p].context, tuple(paragraphs[p].questions[q] for q in sorted(chosen)))
        for p, chosen in sorted(kept.items())
    ]


def open_text(path: Path) -> IO[str]:
    """Open a UTF-8 text file, decompressing ``.xz`` and skipping a byte order mark."""
    if path.suffix == ".xz":
        return lzma.open(path, "rt", encoding="utf-8-sig")
    return path.open(encoding="utf-8-sig")


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
