from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from luke_qa.backends.base import Logits
from luke_qa.choices import EndLabel
from luke_qa.engine import Engine
from luke_qa.overlaps import MIN_OVERLAP, Overlap, find_overlaps
from luke_qa.query import Answers, Options, Query
from luke_qa.tokenizer import IntArray, Tokenizer
from tests.support.models import ScriptedModel

TEXT = "".join(chr(0x4E00 + 37 * k % 2000) for k in range(400))
OPTIONS = Options(top_k=1, max_answer_len=30, max_seq_len=128, doc_stride=16)
STORY = "町の灯台は早川さんが設計した。完成までには三年の月日を要したという。港の市場では毎朝新鮮な魚が売られている。"


def found(*contexts: str) -> tuple[Overlap, ...]:
    return find_overlaps(contexts, range(len(contexts)))


def test_chunks_of_one_text_overlap_where_they_share_it() -> None:
    assert found(TEXT[:150], TEXT[100:250]) == (Overlap(0, 1, 100),)
    assert found(TEXT[100:250], TEXT[:150]) == (Overlap(0, 1, -100),)


def test_a_part_of_a_document_overlaps_it() -> None:
    assert found(TEXT[:150], TEXT[50:90]) == (Overlap(0, 1, 50),)
    assert found(TEXT[50:90], TEXT[:150]) == (Overlap(0, 1, -50),)


def test_three_chunks_overlap_pair_by_pair() -> None:
    assert found(TEXT[:150], TEXT[60:210], TEXT[120:270]) == (
        Overlap(0, 1, 60),
        Overlap(0, 2, 120),
        Overlap(1, 2, 60),
    )


def test_texts_that_only_have_a_phrase_in_common_do_not_overlap() -> None:
    phrase = TEXT[: MIN_OVERLAP - 1]
    assert found(TEXT[300:340] + phrase, phrase + TEXT[340:380]) == ()
    assert found("前" + TEXT[:100] + "後", "上" + TEXT[:100] + "下") == ()
    assert found("短い文", "短い文です") == ()


def test_text_that_repeats_itself_costs_little() -> None:
    assert len(found(*("あ" * (100 + n) for n in range(300)))) <= 300 * 299


@given(start=st.integers(0, 100), length=st.integers(1, 200), later=st.integers(0, 250), size=st.integers(1, 150))
def test_what_is_found_is_shared(start: int, length: int, later: int, size: int) -> None:
    contexts = (TEXT[start : start + length], TEXT[later : later + size])
    for overlap in found(*contexts):
        for index, character in enumerate(contexts[1]):
            place = index + overlap.offset
            if 0 <= place < len(contexts[0]):
                assert contexts[0][place] == character


# --- in answers


def by_token(ids: IntArray) -> Logits:
    """Logits that follow the token alone, so every window says the same of a place."""
    values = (ids * 7919 % 1009 / 100).astype(np.float32)
    return Logits(values, values)


@pytest.fixture
def scripted(tokenizer: Tokenizer) -> Engine:
    return Engine(tokenizer, ScriptedModel(by_token), EndLabel.EXCLUSIVE)


def ask(engine: Engine, *contexts: str, top_k: int = 1) -> Answers:
    prepared = engine.prepare(Query(("誰が設計しましたか",), contexts, replace(OPTIONS, top_k=top_k)))
    (logits,) = engine.compute([prepared])
    assert isinstance(logits, list)
    (answers,) = engine.decode(prepared, logits)
    return answers


def test_the_same_document_twice_is_one_answer_with_the_score_of_one(scripted: Engine) -> None:
    assert ask(scripted, STORY, STORY, top_k=100) == ask(scripted, STORY, top_k=100)


def test_chunks_that_overlap_share_their_places_and_their_scores(scripted: Engine) -> None:
    whole = ask(scripted, STORY, top_k=100)
    cut = STORY.index("完成")
    first, second = STORY[: cut + 25], STORY[cut:]
    both = ask(scripted, first, second, top_k=100)
    shared = [span for span in both.spans if span.document == 0 and (span.start or 0) > cut]
    places = [(span.start or 0) + (cut if span.document else 0) for span in both.spans]
    ends = [(span.end or 0) + (cut if span.document else 0) for span in both.spans]
    assert shared
    assert len(set(zip(places, ends, strict=True))) == len(both.spans) == len(whole.spans)
    # Only spans across the border of a chunk, and tokens that it cuts, are another matter.
    assert both.spans[0].answer == whole.spans[0].answer
    assert both.spans[0].score == pytest.approx(whole.spans[0].score, rel=0.05)
