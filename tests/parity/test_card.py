"""The model card's ten lines, run with transformers, against ``decoding: card``."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given

from luke_qa.choices import Decoding
from luke_qa.engine import Engine
from luke_qa.query import Answers, Options, Query
from luke_qa.tokenizer import Tokenizer
from tests.support.checkpoints import TINY_MAX_TOKENS
from tests.support.texts import CASES, any_text

OPTIONS = Options(top_k=1, max_answer_len=30, max_seq_len=TINY_MAX_TOKENS, doc_stride=0)
QUESTIONS = ("何を売る店ですか？", "Who reads the book?", "誰が𠮷野家へ行く？", "㍿とは？")


@pytest.fixture(scope="module")
def card_engine(checkpoint: Path) -> Engine:
    return Engine.from_checkpoint(checkpoint, device="cpu", decoding=Decoding.CARD)


def ask(engine: Engine, question: str, context: str) -> Answers:
    prepared = engine.prepare(Query((question,), (context,), OPTIONS))
    (logits,) = engine.compute([prepared])
    assert isinstance(logits, list)
    (answers,) = engine.decode(prepared, logits)
    return answers


@torch.inference_mode()
def card_slice(model: Any, ids: list[int]) -> tuple[int, int]:
    output = model(torch.tensor([ids]))
    return int(output.start_logits.argmax()), int(output.end_logits.argmax())


def test_any_slice_decodes_to_the_same_string(tokenizer: Tokenizer, reference_tokenizer: Any) -> None:
    rng = np.random.default_rng(5)
    for case in CASES:
        if case["kind"] == "special":  # transformers would parse these
            continue
        ids = reference_tokenizer.encode(QUESTIONS[0], case["text"])
        for start, end in rng.integers(0, len(ids) + 1, (6, 2)).tolist():
            assert tokenizer.decode(np.array(ids[start:end], dtype=np.int64)) == reference_tokenizer.decode(
                ids[start:end]
            ), case


@given(text=any_text)
def test_whole_texts_decode_to_the_same_string(tokenizer: Tokenizer, reference_tokenizer: Any, text: str) -> None:
    ids = tokenizer.tokenize(text).ids
    assert tokenizer.decode(ids) == reference_tokenizer.decode(ids.tolist())


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_whole_flow_gives_the_answer_of_the_card(
    card_engine: Engine, reference_model: Any, reference_tokenizer: Any, question: str
) -> None:
    context_begins = len(reference_tokenizer.encode(question)) + 1
    inside = 0
    for case in CASES:
        context = case["text"] + "苺を売る。"
        ids = reference_tokenizer.encode(question, context)
        if case["kind"] == "special" or len(ids) > TINY_MAX_TOKENS:  # transformers would parse these
            continue
        start, end = card_slice(reference_model, ids)
        span = ask(card_engine, question, context).spans[0]
        assert span.answer == reference_tokenizer.decode(ids[start:end]), case
        if context_begins <= start < end < len(ids):
            inside += 1
            assert span.document == 0
            assert None not in (span.start, span.end)
        else:
            assert (span.start, span.end, span.document) == (None, None, None), case
    assert inside > 3  # the two ends are independent, so most slices are empty or leave the context
