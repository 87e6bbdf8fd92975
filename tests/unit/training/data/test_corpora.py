"""Plain text as documents, without held-out sentences."""

import lzma
from pathlib import Path

from training.data.corpora import (
    Document,
    read_articles,
    read_books,
    read_sentences,
    sentence_keys,
    sentence_spans,
    without_sentences,
)


def test_articles_begin_at_their_titles(tmp_path: Path) -> None:
    file = tmp_path / "articles.txt"
    file.write_text("# 川\n川は流れる。\n\n海に注ぐ。\n# 空\n# 山\n山は高い。\n", "utf-8")
    assert list(read_articles(file)) == [
        Document("川", ("川は流れる。", "海に注ぐ。")),
        Document("山", ("山は高い。",)),  # a title without text is no document
    ]


def test_articles_are_read_from_xz(tmp_path: Path) -> None:
    file = tmp_path / "articles.txt.xz"
    file.write_bytes(lzma.compress("# 川\n川は流れる。\n".encode()))
    assert [document.title for document in read_articles(file)] == ["川"]


def test_books_are_cut_and_the_same_for_the_same_seed(tmp_path: Path) -> None:
    work = "\n".join(f"{number}番目の段落はここで終わる。" for number in range(40))
    file = tmp_path / "books.txt"
    file.write_text(f"{work}\n\n短い。\n", "utf-8")
    books = list(read_books(file, 200, 1))
    assert books == list(read_books(file, 200, 1))
    assert all(sum(map(len, book.paragraphs)) <= 200 for book in books)


def test_sentences_are_joined_and_grouped(tmp_path: Path) -> None:
    file = tmp_path / "sentences.txt"
    file.write_text("雨 が 降る 。\n風 が 吹く 。\n雪 が 積もる 。\n", "utf-8")
    documents = list(read_sentences(file, 2, 1))
    assert [len(document.paragraphs) for document in documents] == [2, 1]
    assert {p for d in documents for p in d.paragraphs} == {"雨が降る。", "風が吹く。", "雪が積もる。"}


def test_sentences_end_with_their_closing_brackets() -> None:
    text = "「行くか？」と言った。　終わり"
    assert [text[a:b] for a, b in sentence_spans(text)] == ["「行くか？」", "と言った。", "　終わり"]


def test_sentences_of_held_out_texts_are_taken_out_of_a_corpus() -> None:
    banned = sentence_keys(["岬の灯台は、石で造られている。短い。"])
    documents = [Document("岬", ("岬は遠い。岬の灯台は、 石で造られている。短い。", "岬の灯台は、石で造られている。"))]
    # White space does not matter, short sentences are kept, an empty paragraph is dropped.
    assert list(without_sentences(documents, banned)) == [Document("岬", ("岬は遠い。短い。",))]


def test_a_held_out_text_may_begin_with_its_title_and_be_of_another_width() -> None:
    banned = sentence_keys(["岬 [SEP] 岬(みさき)の灯台は、１９０３年に造られた。"])
    documents = [Document("岬", ("岬（みさき）の灯台は、1903年に造られた。岬は遠い。",))]
    assert list(without_sentences(documents, banned)) == [Document("岬", ("岬は遠い。",))]
