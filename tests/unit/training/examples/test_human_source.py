"""Examples from people's questions: contexts that lack the answer, and questions that contradict their context."""

import random
from dataclasses import replace

import pytest

from tests.support.checkpoints import TOKENIZER_FILE
from training.data.encoding import Encoder
from training.data.qa_data import Answer, Paragraph, Question
from training.examples.human_source import HumanShares, HumanSource

CONTEXT = "灯台は1905年に早川が建てた。高さは二十三メートルである。"
QUESTION = "1905年に灯台を建てたのは誰か"
PARAGRAPH = Paragraph("灯台", CONTEXT, (Question("1", QUESTION, (Answer("早川", CONTEXT.index("早川")),)),))
WHOLE = HumanShares(unanswerable=0, contradicted=0, crop=0, lengthen=0, titled=0, joined=0, masked=0)


def source(shares: HumanShares) -> HumanSource:
    return HumanSource([PARAGRAPH], Encoder(TOKENIZER_FILE), shares)


def test_a_contradicting_question_has_no_answer_in_the_same_context() -> None:
    contradicted, rng = source(replace(WHOLE, contradicted=1.0)), random.Random(1)
    whole = source(WHOLE).draw(rng)
    for _ in range(20):
        example = contradicted.draw(rng)
        assert (example.start, example.end) == (0, 0)
        context = len(Encoder(TOKENIZER_FILE).ids(CONTEXT))
        assert example.ids[-context - 1 :].tolist() == whole.ids[-context - 1 :].tolist()
        assert example.ids.tolist() != whole.ids.tolist()


def test_a_share_of_the_questions_contradicts() -> None:
    some, rng = source(replace(WHOLE, contradicted=0.25)), random.Random(1)
    assert sum(some.draw(rng).start == 0 for _ in range(800)) / 800 == pytest.approx(0.25, abs=0.05)
    assert all(some.draw(rng, reach=0.0).start for _ in range(100))


def test_a_context_is_lengthened_by_another_paragraph_without_the_answer() -> None:
    none = Paragraph("灯台", "港は南にある。", ())
    same = Paragraph("灯台", "早川は技師である。", ())
    encoder, lengthened = Encoder(TOKENIZER_FILE), replace(WHOLE, lengthen=1.0)
    asked, rng = len(encoder.ids(QUESTION)), random.Random(1)
    for others, added in (([none, same], len(encoder.ids(none.context))), ([same], 0), ([], 0)):
        drawn = HumanSource([PARAGRAPH, *others], encoder, lengthened)
        for _ in range(20):
            example = drawn.draw(rng)
            assert len(example.ids) == len(source(WHOLE).draw(rng).ids) + (added and added + len(encoder.separator()))
            assert example.start > asked
