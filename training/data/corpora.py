"""Read plain-text corpora as documents: a title and its paragraphs.

There are three layouts: articles (``# title``, then one paragraph per line), books (one paragraph per line, an empty
line between works) and loose sentences (one per line, words separated by spaces), which are grouped into small
documents.
"""

import random
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from luke_qa_client.evaluation.questions import open_text

_TITLE_END = "[SEP]"  # JSQuAD's contexts begin with "title [SEP] "
_SENTENCE = re.compile(r"[^。！？!?\n]*[。！？!?]+[」』）)]*|[^。！？!?\n]+")


@dataclass(frozen=True, slots=True)
class Document:
    """One text: its title (may be empty) and its non-empty paragraphs in order."""

    title: str
    paragraphs: tuple[str, ...]


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return [start, end) of every non-blank sentence of ``text``, closing brackets included."""
    return [m.span() for m in _SENTENCE.finditer(text) if m.group().strip()]


def read_articles(path: Path) -> Iterator[Document]:
    """Read the documents of a ``# title`` file."""
    title, paragraphs = "", list[str]()
    with open_text(path) as lines:
        for line in lines:
            line = line.strip()
            if line.startswith("# "):
                if paragraphs:
                    yield Document(title, tuple(paragraphs))
                title, paragraphs = line[2:].strip(), []
            elif line:
                paragraphs.append(line)
    if paragraphs:
        yield Document(title, tuple(paragraphs))


def read_books(path: Path, max_chars: int, seed: int) -> Iterator[Document]:
    """Read works separated by empty lines, in random order.

    Each work is cut to ``max_chars`` characters, starting at a random paragraph.
    """
    with open_text(path) as file:
        works = file.read().split("\n\n")
    rng = random.Random(seed)
    rng.shuffle(works)
    for work in works:
        paragraphs = [p.strip() for p in work.split("\n") if 8 <= len(p.strip()) <= 600]
        start, size = rng.randrange(max(1, len(paragraphs) - 5)), 0
        kept = list[str]()
        for paragraph in paragraphs[start:]:
            if size + len(paragraph) > max_chars:
                break
            kept.append(paragraph)
            size += len(paragraph)
        if len(kept) > 2:
            yield Document("", tuple(kept))


def read_sentences(path: Path, per_document: int, seed: int) -> Iterator[Document]:
    """Read space-separated sentences; join, shuffle and group them, one paragraph per sentence."""
    with open_text(path) as lines:
        sentences = ["".join(line.split()) for line in lines if line.strip()]
    random.Random(seed).shuffle(sentences)
    for start in range(0, len(sentences), per_document):
        yield Document("", tuple(sentences[start : start + per_document]))


def without_sentences(documents: Iterable[Document], banned: frozenset[str]) -> Iterator[Document]:
    """Remove every sentence in ``banned`` from the documents.

    Sentences are compared after NFKC, without whitespace. A document that loses all its paragraphs is dropped.
    """
    for document in documents:
        paragraphs = tuple(filter(None, (_strip_banned(p, banned) for p in document.paragraphs)))
        if paragraphs:
            yield Document(document.title, paragraphs)


def sentence_keys(texts: Iterable[str], min_chars: int = 10) -> frozenset[str]:
    """Return the sentences of ``texts`` in the form that ``without_sentences`` compares.

    Sentences shorter than ``min_chars`` are skipped: matching them proves nothing.
    """
    bodies = (text.rpartition(_TITLE_END)[2] for text in texts)
    keys = (_key(body[a:b]) for body in bodies for a, b in sentence_spans(body))
    return frozenset(key for key in keys if len(key) >= min_chars)


def _key(sentence: str) -> str:
    return "".join(unicodedata.normalize("NFKC", sentence).split())


def _strip_banned(paragraph: str, banned: frozenset[str]) -> str:
    spans = sentence_spans(paragraph)
    kept = [(a, b) for a, b in spans if _key(paragraph[a:b]) not in banned]
    return paragraph if len(kept) == len(spans) else "".join(paragraph[a:b] for a, b in kept)
