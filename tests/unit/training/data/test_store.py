"""Analysed text, written and read back."""

from dataclasses import fields
from pathlib import Path

import numpy as np

from tests.support.paragraphs import TOWN
from training.data.analyse import analyse_documents, contexts
from training.data.corpora import Document
from training.data.store import load, save

DOCUMENTS = [
    Document("青橋町", ("青橋町の市場は 駅の前にできた。毎週、魚が売られる。", "町立図書館は大きい。")),
    Document("", ("　雨が降った。",)),
]


def test_what_is_read_back_is_what_was_written(tmp_path: Path) -> None:
    packed = analyse_documents(DOCUMENTS)
    save(packed, tmp_path / "packed.npz.xz")
    read = load(tmp_path / "packed.npz.xz")
    for field in fields(packed):
        mine, other = getattr(packed, field.name), getattr(read, field.name)
        assert np.array_equal(mine, other) if isinstance(mine, np.ndarray) else mine == other, field.name


def test_paragraphs_keep_their_text() -> None:
    packed = analyse_documents(DOCUMENTS)
    assert [packed.paragraph(index) for index in range(3)] == [p for d in DOCUMENTS for p in d.paragraphs]


def test_overlong_sentences_keep_their_text_but_get_no_morphemes() -> None:
    packed = analyse_documents(DOCUMENTS, max_sentence=12)
    assert packed.text == analyse_documents(DOCUMENTS).text
    assert np.diff(packed.morpheme_of)[0] == 0
    assert np.diff(packed.morpheme_of)[1] > 0


def test_the_paragraphs_of_a_title_become_one_document() -> None:
    assert [(d.title, len(d.paragraphs)) for d in contexts(TOWN)][:2] == [("青橋町", 3), ("白根川", 1)]
