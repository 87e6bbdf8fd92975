from dataclasses import replace

import numpy as np
import pytest

from luke_qa.backends.base import Logits
from luke_qa.choices import EndLabel
from luke_qa.query import Options
from luke_qa.regions import split_regions
from luke_qa.spans import Document, decode_spans
from luke_qa.tokenizer import TokenizedText
from luke_qa.windows import make_windows

CONTEXT = "".join(chr(0x3041 + k % 80) for k in range(100))
OPTIONS = Options(top_k=100, max_answer_len=5, max_seq_len=26, doc_stride=5)


@pytest.fixture
def document() -> Document:
    """Windows over the tokens 0 to 20, 15 to 35, and so on: one character a token."""
    places = np.arange(len(CONTEXT))
    tokens = TokenizedText(places + 100, places, places + 1)
    windows = make_windows(np.array([50, 51]), tokens, OPTIONS.max_seq_len, OPTIONS.doc_stride)
    rng = np.random.default_rng(1)
    logits = [Logits(*rng.normal(size=(2, len(window.ids))).astype(np.float32)) for window in windows]
    return Document(CONTEXT, tokens, windows, logits, number=3)


def part(document: Document, *indices: int) -> Document:
    return replace(
        document, windows=[document.windows[i] for i in indices], logits=[document.logits[i] for i in indices]
    )


def test_a_document_that_was_read_whole_is_its_own_region(document: Document) -> None:
    assert list(split_regions(document)) == [document]


def test_windows_that_overlap_share_a_region(document: Document) -> None:
    first, second = split_regions(part(document, 1, 2, 4))
    assert (first.offset, len(first.context), second.offset, len(second.context)) == (15, 35, 60, 20)
    assert [region.number for region in (first, second)] == [3, 3]
    assert [len(region.tokens) for region in (first, second)] == [35, 20]


def test_regions_decode_as_the_whole_document_does(document: Document) -> None:
    read = part(document, 0, 2, 3, 5)
    whole = decode_spans([read], OPTIONS, EndLabel.EXCLUSIVE, 1.0)
    regions = decode_spans(list(split_regions(read)), OPTIONS, EndLabel.EXCLUSIVE, 1.0)
    assert [(span.start, span.end, span.document) for span in regions.spans] == [
        (span.start, span.end, span.document) for span in whole.spans
    ]
    assert [span.score for span in regions.spans] == pytest.approx([span.score for span in whole.spans])
    assert all(CONTEXT[span.start : span.end] == span.answer for span in regions.spans)
