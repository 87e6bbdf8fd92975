"""What an earlier run encoded is used again, but only for the same text."""

from pathlib import Path

import numpy as np
import pytest

from tests.support.checkpoints import TOKENIZER_FILE
from training.data import encoding
from training.data.analyse import analyse_documents
from training.data.corpora import Document
from training.data.encoding import EncodedText, cached
from training.data.store import save


def encoded(text: str, folder: Path) -> EncodedText:
    packed = analyse_documents([Document("", (text,))])
    save(packed, folder / "articles.npz.xz")
    return cached(folder / "articles.npz.xz", packed, TOKENIZER_FILE, 1, folder)


def test_the_same_text_is_encoded_once_and_another_one_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = encoded("雨が降った。", tmp_path)
    other = encoded("雪が降った。", tmp_path)
    assert not np.array_equal(first.ids, other.ids)
    monkeypatch.setattr(encoding, "encode", None)  # nothing is encoded any more
    assert np.array_equal(encoded("雨が降った。", tmp_path).ids, first.ids)
