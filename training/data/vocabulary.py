"""Train the sentencepiece model: unigram, NFKC, with piece boundaries at MeCab's word boundaries.

    python -m training.data.vocabulary --articles … --questions … --sentences … --books … --out sentencepiece.bpe.model

Words are separated by a delimiter that the trainer treats as a boundary and that never reaches the model. No piece
crosses a word boundary, so answers begin and end with tokens. Each digit is a separate piece, so ``11月`` has the same
pieces inside ``2011年11月``. There is no dummy prefix: a word has the same pieces at the start of a text and inside it.
"""

import argparse
import random
from collections.abc import Iterator
from pathlib import Path

import sentencepiece

from training.data.charset import required_characters
from training.data.corpora import read_articles, read_books, read_sentences, sentence_spans
from training.data.morphology import Analyser
from training.data.qa_data import read_questions

_DELIMITER = "\u2016"  # survives NFKC, where a tab would become a space; removed from the text itself


def training_texts(articles: Path, questions: Path, sentences: Path, books: Path, seed: int) -> Iterator[str]:
    """Yield the text on which the pieces are counted.

    All questions and their contexts, all sentences twice, and about a third of the articles and books.
    """
    rng = random.Random(seed)
    for paragraph in read_questions(questions):
        yield paragraph.context.replace("\n", "")
        yield from (question.text for question in paragraph.questions)
    for document in read_sentences(sentences, 1, seed):
        yield from document.paragraphs * 2
    for document in read_articles(articles):
        if rng.random() < 0.35:
            yield from (f"{document.title} [SEP] {p}" for p in document.paragraphs[:1])
            yield from document.paragraphs[1:]
    for document in read_books(books, 3000, seed):
        if rng.random() < 0.35:
            yield from document.paragraphs


def train(texts: list[str], size: int, model: Path, min_count: int = 4) -> None:
    """Write ``model``, a sentencepiece model of ``size`` pieces."""
    analyser = Analyser()
    lines = model.with_suffix(".words.txt")
    with lines.open("w", encoding="utf-8") as out:
        for text in texts:
            for start, end in sentence_spans(text):
                words = analyser.words(text[start:end].replace(_DELIMITER, " "))
                out.write(_DELIMITER.join(words) + "\n")
    prefix = model.with_suffix("")
    sentencepiece.SentencePieceTrainer.train(
        input=str(lines),
        model_prefix=str(prefix),
        vocab_size=size,
        model_type="unigram",
        normalization_rule_name="nmt_nfkc",  # NFKC; line breaks and tabs become spaces
        character_coverage=0.9995,
        required_chars=required_characters(texts, min_count),
        pretokenization_delimiter=_DELIMITER,
        split_digits=True,
        add_dummy_prefix=False,
        max_sentencepiece_length=8,
        unk_id=0,
        bos_id=1,
        eos_id=2,
        pad_id=-1,
        num_threads=2,
        max_sentence_length=12_000,
        input_sentence_size=600_000,
        shuffle_input_sentence=True,
        minloglevel=1,
    )
    Path(f"{prefix}.vocab").unlink(missing_ok=True)
    lines.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    for name in ("articles", "questions", "sentences", "books", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--size", type=int, default=11_580)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    texts = list(training_texts(args.articles, args.questions, args.sentences, args.books, args.seed))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    train(texts, args.size, args.out)


if __name__ == "__main__":
    main()
