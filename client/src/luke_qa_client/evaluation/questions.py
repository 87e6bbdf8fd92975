"""Question data: SQuAD 1.1 and 2.0 as JSON, as JSONL with one paragraph per line, or flat as ``datasets`` exports it.

Flat data has a row for each question, in JSONL or Parquet: ``{"question", "context", "answers": {"text": […],
"answer_start": […]}}``. JSON and JSONL may be xz-compressed.
"""

import json
import lzma
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from lzma import LZMAError
from pathlib import Path
from typing import IO, Any, Final

from .._errors import MissingExtraError

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
    """Return the paragraphs of a file of questions.

    Empty questions, and questions none of whose answers is in the context at its offset, are dropped and counted.

    Raises:
        ValueError: the file has none of the formats; the message says what is missing.
        MissingExtraError: it is Parquet, and the extra is not installed.
    """
    report = ReadReport() if report is None else report
    try:
        return [
            Paragraph(raw.get("title", ""), raw["context"], tuple(_questions(raw, report)))
            for raw in _raw_paragraphs(path)
        ]
    except _UNREADABLE as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise ValueError(
            f"{path} is neither SQuAD JSON (an object with 'data') nor JSONL or Parquet: {reason}"
        ) from error


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
    if path.suffix == ".parquet":
        return _grouped(_parquet_rows(path))
    with open_text(path) as file:
        lines = file.readlines()
    if path.name.removesuffix(".xz").endswith(".jsonl") or _is_flat(lines):
        return _grouped(json.loads(line) for line in lines if line.strip())
    return _nested_paragraphs(json.loads("".join(lines)))


def _nested_paragraphs(document: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(document, dict) or "data" not in document:
        raise KeyError("data")
    for article in document["data"]:
        for paragraph in article["paragraphs"]:
            yield {"title": article.get("title", "")} | paragraph


def _is_flat(lines: Sequence[str]) -> bool:
    """Return whether the first line is a row: ``datasets`` also names its lines .json."""
    try:
        row = json.loads(lines[0]) if lines else None
    except ValueError:
        return False
    return isinstance(row, dict) and {"question", "context"} <= row.keys()


def _parquet_rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError as error:
        raise MissingExtraError("Parquet needs the extra parquet: pip install luke_qa_client[parquet]") from error
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches():
                yield from batch.to_pylist()
    except ArrowException as error:
        raise TypeError(f"it is not a valid Parquet file ({error})") from error


def _grouped(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield paragraphs as they are, and those of consecutive flat rows with the same context."""
    for (_, is_flat), group in groupby(rows, lambda row: (row.get("context"), "qas" not in row)):
        members = list(group)
        if not is_flat:
            yield from members
            continue
        title = members[0].get("title") or ""
        yield {
            "title": title,
            "context": members[0]["context"],
            "qas": [{**row, "answers": _listed(row)} for row in members],
        }


def _listed(row: dict[str, Any]) -> list[dict[str, Any]]:
    answers = row["answers"]
    if isinstance(answers, list):
        return answers
    texts, starts = answers["text"], answers["answer_start"]
    if len(texts) != len(starts):
        raise TypeError(f"{len(texts)} answers have {len(starts)} starts")
    return [{"text": text, "answer_start": start} for text, start in zip(texts, starts, strict=True)]


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
