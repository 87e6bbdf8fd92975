"""Documents are read once, and remembered within bounds."""

import math

import pytest

from luke_qa.documents import DocumentReader
from luke_qa.errors import InvalidValue
from luke_qa.tokenizer import TokenizedText, Tokenizer


class Counting(Tokenizer):
    """A tokenizer of one token a character, and the texts that it was given."""

    def __init__(self, of: Tokenizer) -> None:
        self._of, self.texts = of, list[str]()

    def tokenize(self, text: str) -> TokenizedText:
        self.texts.append(text)
        return self._of.tokenize(text)


@pytest.fixture
def counting(tokenizer: Tokenizer) -> Counting:
    return Counting(tokenizer)


def test_equal_documents_are_tokenized_once_and_the_first_is_read(counting: Counting) -> None:
    found = DocumentReader(counting).read(["あ", "い", "あ"], False, math.inf)
    assert counting.texts == ["あ", "い"]
    assert found.read == (0, 1)
    assert found.tokens[2] is found.tokens[0]
    assert found.ids.tolist() == [*found.tokens[0].ids, *found.tokens[1].ids]
    assert found.lengths.tolist() == [len(found.tokens[0]), len(found.tokens[1])]


def test_nothing_is_remembered_by_default(counting: Counting) -> None:
    reader = DocumentReader(counting)
    for _ in range(2):
        reader.read(["あ"], False, math.inf)
    assert counting.texts == ["あ", "あ"]


def test_texts_are_remembered_as_they_were_read(counting: Counting) -> None:
    reader, wrapped = DocumentReader(counting, remembered=1000), "会議の場所は、\n第二会議室です。"
    plain, joined = (reader.read([wrapped], is_joined, math.inf) for is_joined in (False, True))
    again = [reader.read([wrapped], is_joined, math.inf) for is_joined in (False, True)]
    assert counting.texts == [wrapped, joined.contexts[0]]
    assert [found.contexts for found in again] == [plain.contexts, joined.contexts]
    assert (len(plain.readings), len(joined.readings)) == (0, 1)


def test_the_text_that_was_read_longest_ago_is_forgotten_first(counting: Counting) -> None:
    reader = DocumentReader(counting, remembered=100)  # two short texts
    for text in ("あ", "い", "あ", "う", "あ", "い"):
        reader.read([text], False, math.inf)
    assert counting.texts == ["あ", "い", "う", "い"]


def test_a_text_beyond_the_capacity_is_read_all_the_same(counting: Counting) -> None:
    reader = DocumentReader(counting, remembered=10)
    for _ in range(2):
        assert len(reader.read(["苺が好きです。"], False, math.inf).ids)
    assert len(counting.texts) == 2


def test_documents_without_readable_text_are_refused(counting: Counting) -> None:
    with pytest.raises(InvalidValue):
        DocumentReader(counting).read(["", ""], False, math.inf)
