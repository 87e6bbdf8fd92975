"""Analyse the corpora and write the packed files that training reads.

    python -m training.data.analyse --articles … --questions … --sentences … --books … --held-out … --out DIR

Sentences of the held-out question sets are first removed from every corpus. The output is four packed files,
``articles``, ``contexts`` (the paragraphs of the training questions, with their titles), ``sentences`` and ``books``,
and a copy of the training questions, ``questions.jsonl.xz``.
"""

import argparse
import lzma
import shutil
from collections.abc import Iterable, Iterator
from itertools import groupby
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.data import store
from training.data.corpora import (
    Document,
    read_articles,
    read_books,
    read_sentences,
    sentence_keys,
    sentence_spans,
    without_sentences,
)
from training.data.morphology import Analyser
from training.data.qa_data import Paragraph, read_questions


def contexts(paragraphs: Iterable[Paragraph]) -> Iterator[Document]:
    """Group the paragraphs of each title into one document; a line break ends a paragraph."""
    for title, group in groupby(paragraphs, lambda p: p.title):
        lines = (line.strip() for p in group for line in p.context.split("\n"))
        yield Document(title, tuple(line for line in lines if line))


def analyse_documents(documents: Iterable[Document], max_sentence: int = 220) -> store.PackedText:
    """Analyse documents; sentences longer than ``max_sentence`` keep their text but get no morphemes."""
    analyser = Analyser()
    titles, texts = list[str](), list[str]()
    paragraph_of, char_of, sentence_of, morpheme_of = [0], [0], [0], [0]
    sentence_start, sentence_end = list[int](), list[int]()
    starts, lengths, classes = (
        list[npt.NDArray[np.int32]](),
        list[npt.NDArray[np.uint8]](),
        list[npt.NDArray[np.uint8]](),
    )
    for document in documents:
        titles.append(document.title.replace("\n", " "))
        for paragraph in document.paragraphs:
            texts.append(paragraph)
            char_of.append(char_of[-1] + len(paragraph))
            for start, end in sentence_spans(paragraph):
                sentence_start.append(start)
                sentence_end.append(end)
                if end - start <= max_sentence:
                    found = analyser.analyse(paragraph[start:end])
                    starts.append(found.starts)
                    lengths.append(found.lengths)
                    classes.append(found.classes)
                    morpheme_of.append(morpheme_of[-1] + len(found.starts))
                else:
                    morpheme_of.append(morpheme_of[-1])
            sentence_of.append(len(sentence_start))
        paragraph_of.append(len(texts))
    return store.PackedText(
        titles,
        "".join(texts),
        list(analyser.classes),
        np.array(paragraph_of, np.int32),
        np.array(char_of, np.int32),
        np.array(sentence_of, np.int32),
        np.array(sentence_start, np.int32),
        np.array(sentence_end, np.int32),
        np.array(morpheme_of, np.int32),
        np.concatenate(starts),
        np.concatenate(lengths),
        np.concatenate(classes),
    )


def _pack(job: tuple[list[Document], Path]) -> str:
    documents, path = job
    packed = analyse_documents(documents)
    store.save(packed, path)
    return (
        f"{path.name}: {len(packed.titles)} documents, {len(packed.char_of) - 1} paragraphs, "
        f"{len(packed.text)} characters, {len(packed.sentence_start)} sentences, "
        f"{len(packed.morpheme_start)} morphemes, {path.stat().st_size} bytes"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    for name in ("articles", "questions", "sentences", "books", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--held-out", type=Path, action="append", required=True)
    parser.add_argument("--book-chars", type=int, default=4_000, help="maximum characters taken from each work")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    banned = sentence_keys(p.context for path in args.held_out for p in read_questions(path))
    sources = {
        "articles": read_articles(args.articles),
        "contexts": contexts(read_questions(args.questions)),
        "sentences": read_sentences(args.sentences, 8, args.seed),
        "books": read_books(args.books, args.book_chars, args.seed),
    }
    jobs = [
        (list(without_sentences(documents, banned)), args.out / f"{name}.npz.xz") for name, documents in sources.items()
    ]
    with Pool(2) as pool:
        for line in pool.imap_unordered(_pack, jobs):
            print(line, flush=True)
    if args.questions.suffix == ".xz":
        shutil.copyfile(args.questions, args.out / "questions.jsonl.xz")
    else:
        packed = lzma.compress(args.questions.read_bytes())
        (args.out / "questions.jsonl.xz").write_bytes(packed)


if __name__ == "__main__":
    main()
