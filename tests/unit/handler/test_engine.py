import gc
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from luke_qa.backends.base import DeviceLost, Logits
from luke_qa.checkpoint import CheckpointError
from luke_qa.choices import Decoding, EndLabel
from luke_qa.confidence import Confidence
from luke_qa.cost import Limits
from luke_qa.engine import Engine
from luke_qa.errors import (
    Cancelled,
    DeadlineExceeded,
    EngineFault,
    InvalidOption,
    InvalidValue,
    OutOfMemory,
    Part,
    QuestionTooLong,
    RequestError,
    TooLarge,
)
from luke_qa.preparation import Prepared
from luke_qa.query import Answers, Options, Query, Windows
from luke_qa.tokenizer import IntArray, Tokenizer
from tests.support.checkpoints import TINY_MAX_TOKENS, edit_config
from tests.support.models import ScriptedModel, flat, rough
from tests.support.texts import CASES, readable_text
from tests.support.wire import CONTEXT, QUESTION

OPTIONS = Options(top_k=1, max_answer_len=30, max_seq_len=TINY_MAX_TOKENS, doc_stride=16)
LONG = CONTEXT * 20


def query(question: str = QUESTION, *contexts: str, options: Options = OPTIONS) -> Query:
    return Query((question,), contexts or (CONTEXT,), options)


def computed(engine: Engine, *batch: Prepared) -> list[list[Logits]]:
    results = engine.compute(batch)
    assert not [result for result in results if isinstance(result, RequestError)]
    return [result for result in results if not isinstance(result, RequestError)]


def answers(engine: Engine, asked: Query) -> list[Answers]:
    prepared = engine.prepare(asked)
    return list(engine.decode(prepared, computed(engine, prepared)[0]))


@pytest.fixture
def scripted(tokenizer: Tokenizer) -> Callable[[ScriptedModel], Engine]:
    return lambda model: Engine(tokenizer, model, EndLabel.EXCLUSIVE)


class Clock:
    """A clock that only a test sets forward."""

    now = 0.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)
    return clock


def same(one: Sequence[Logits], other: Sequence[Logits]) -> bool:
    return all(
        np.allclose(a.start, b.start, atol=1e-5) and np.allclose(a.end, b.end, atol=1e-5)
        for a, b in zip(one, other, strict=True)
    )


# --- prepare


def test_a_context_is_tokenized_once_for_many_questions(engine: Engine) -> None:
    asked = replace(query(), questions=("何？", "誰？", "どこ？"))
    prepared = engine.prepare(asked)
    assert len(prepared.documents) == 1
    assert len(prepared.windows) == 3


def test_windows_carry_the_numbers_of_their_question_and_document(engine: Engine) -> None:
    prepared = engine.prepare(replace(query(QUESTION, CONTEXT, LONG), questions=("何？", "誰？")))
    numbers = [(window.question, window.document) for window in prepared.windows]
    assert sorted(set(numbers)) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert numbers == sorted(numbers)
    assert numbers.count((0, 0)) == 1
    assert numbers.count((1, 1)) > 1


def test_a_window_is_at_most_what_the_model_takes(engine: Engine) -> None:
    with pytest.raises(InvalidOption, match=f"at most {TINY_MAX_TOKENS}") as caught:
        engine.prepare(query(options=replace(OPTIONS, max_seq_len=TINY_MAX_TOKENS + 1)))
    assert caught.value.part == Part("max_seq_len")


@pytest.mark.parametrize("text", ["\u200b", "\u200f\u200e", "\ufeff"])
def test_text_without_a_readable_character_is_refused_by_name(engine: Engine, text: str) -> None:
    with pytest.raises(InvalidValue, match="no readable text") as caught:
        engine.prepare(query(text))
    assert caught.value.part == Part("question", 0)
    with pytest.raises(InvalidValue, match="no readable text") as caught:
        engine.prepare(query(QUESTION, text))
    assert caught.value.part == Part("context", 0)


def test_only_if_no_document_is_left_is_an_unreadable_one_an_error(engine: Engine) -> None:
    prepared = engine.prepare(query(QUESTION, "\u200b", CONTEXT, ""))
    assert {window.document for window in prepared.windows} == {1}
    assert [span.document for span in answers(engine, prepared.query)[0].spans] == [1]
    with pytest.raises(InvalidValue, match="no readable text") as caught:
        engine.prepare(query(QUESTION, "\u200b", ""))
    assert caught.value.part == Part("context")


def test_equal_documents_are_computed_once_and_the_first_is_named(engine: Engine) -> None:
    asked = query(QUESTION, "京都は古い。", CONTEXT, CONTEXT, options=replace(OPTIONS, top_k=100))
    alone = query(QUESTION, "京都は古い。", CONTEXT, options=replace(OPTIONS, top_k=100))
    assert len(engine.prepare(asked).windows) == 2
    assert answers(engine, asked) == answers(engine, alone)


def test_a_question_that_leaves_no_room_names_both_lengths(engine: Engine) -> None:
    with pytest.raises(QuestionTooLong) as caught:
        engine.prepare(query("苺を売る店" * 40, LONG))
    assert caught.value.part == Part("question", 0)
    assert str(TINY_MAX_TOKENS) in str(caught.value)


def test_a_question_longer_than_the_caller_allows_is_refused(engine: Engine, tokenizer: Tokenizer) -> None:
    length = len(tokenizer.tokenize(QUESTION).ids)
    assert engine.prepare(query(options=replace(OPTIONS, max_question_len=length)))
    with pytest.raises(QuestionTooLong, match=f"{length} tokens, but max_question_len is {length - 1}") as caught:
        engine.prepare(query(options=replace(OPTIONS, max_question_len=length - 1)))
    assert caught.value.part == Part("question", 0)


# --- the whole way


@given(context=readable_text, question=readable_text)
def test_an_answer_is_its_place_in_the_context(engine: Engine, context: str, question: str) -> None:
    asked = query(question[-20:], context, options=replace(OPTIONS, top_k=20))
    for span in answers(engine, asked)[0].spans:
        assert context[span.start : span.end] == span.answer == span.answer.strip() != ""
        assert 0 <= span.score <= 1


def test_an_answer_of_any_golden_text_is_its_place_in_it(engine: Engine) -> None:
    for case in CASES:
        context = case["text"] + "苺"
        for span in answers(engine, query(QUESTION, context, options=replace(OPTIONS, top_k=100)))[0].spans:
            assert context[span.start : span.end] == span.answer == span.answer.strip() != ""


def test_an_answer_does_not_depend_on_how_the_context_is_cut(scripted: Callable[[ScriptedModel], Engine]) -> None:
    """With logits that follow the token alone, every window that shows the answer says the same."""

    def by_token(ids: IntArray) -> Logits:
        values = (ids * 7919 % 1009 / 100).astype(np.float32)
        return Logits(values, values)

    text = "".join(case["text"] for case in CASES if case["kind"] == "plain")[:600]
    short = replace(OPTIONS, top_k=5, max_answer_len=4)
    engine = scripted(ScriptedModel(by_token, max_tokens=2000))
    whole = answers(engine, query("苺", text, options=replace(short, max_seq_len=2000)))
    for max_seq_len in (24, 40, 128):
        cut = answers(engine, query("苺", text, options=replace(short, max_seq_len=max_seq_len, doc_stride=8)))
        assert [span.start for span in cut[0].spans] == [span.start for span in whole[0].spans]


def test_answers_of_documents_are_ranked_across_them(engine: Engine) -> None:
    asked = query(QUESTION, "苺を売る。", "東京の苺。", "大阪へ行く。", options=replace(OPTIONS, top_k=100))
    (found,) = answers(engine, asked)
    assert [span.score for span in found.spans] == sorted((span.score for span in found.spans), reverse=True)
    assert {span.document for span in found.spans} == {0, 1, 2}


def test_each_question_gets_the_answer_it_gets_alone(engine: Engine) -> None:
    questions = ("何を売る店ですか？", "誰の家？", "苺" * 30)
    together = answers(engine, replace(query(), questions=questions, contexts=(LONG,)))
    for question, found in zip(questions, together, strict=True):
        (alone,) = answers(engine, query(question, LONG))
        assert found.spans[0].answer == alone.spans[0].answer
        assert found.spans[0].score == pytest.approx(alone.spans[0].score, rel=1e-3)


def test_an_inclusive_checkpoint_reads_its_end_label_so(own_checkpoint: Path, engine: Engine) -> None:
    edit_config(own_checkpoint, luke_qa={"end_label": "inclusive"})
    inclusive = Engine.from_checkpoint(own_checkpoint, device="cpu")
    options = replace(OPTIONS, top_k=50)
    ours, theirs = (answers(each, query(options=options))[0].spans for each in (inclusive, engine))
    assert [(span.start, span.end) for span in ours] != [(span.start, span.end) for span in theirs]


def test_the_scaling_and_the_thresholds_of_a_checkpoint_apply(own_checkpoint: Path, engine: Engine) -> None:
    (usual,) = answers(engine, query())
    assert usual.confidence is None
    sure = {"place_scaling": {"slope": 1.0, "bias": 3.0}, "thresholds": {"high": 1e-6, "none": 1.0}}
    edit_config(own_checkpoint, luke_qa={"end_label": "exclusive", **sure})
    (found,) = answers(Engine.from_checkpoint(own_checkpoint, device="cpu"), query())
    assert found.spans == usual.spans
    assert found.place_score > usual.place_score
    assert found.confidence is Confidence.HIGH


def test_an_undeclared_checkpoint_does_not_start(own_checkpoint: Path) -> None:
    edit_config(own_checkpoint, remove="luke_qa")
    with pytest.raises(CheckpointError, match="end label"):
        Engine.from_checkpoint(own_checkpoint, device="cpu")


def test_card_decoding_refuses_what_the_card_cannot_read(checkpoint: Path) -> None:
    card = Engine.from_checkpoint(checkpoint, device="cpu", decoding=Decoding.CARD)
    with pytest.raises(TooLarge) as caught:
        card.prepare(query(QUESTION, CONTEXT, LONG))
    assert caught.value.part == Part("context", 1)
    assert answers(card, query(QUESTION, CONTEXT, "苺"))[0].spans


def test_warming_up_measures_the_speed_within_the_token_budget(scripted: Callable[[ScriptedModel], Engine]) -> None:
    model = ScriptedModel(flat)
    engine = scripted(model)
    assert engine.tokens_per_second is None
    engine.warm_up()
    assert engine.tokens_per_second is not None
    assert engine.tokens_per_second > 0
    assert len(model.passes) >= 2
    assert all(sum(lengths) <= model.token_budget for lengths in model.passes)


def test_a_wrapped_text_is_answered_like_the_text_before_it_was_wrapped(engine: Engine) -> None:
    whole = "この市の高齢化率は三十二パーセントで、県の平均より高い。人口は十万人である。"
    wrapped = "この市の高齢化率は三十\n二パーセン \r\nトで、県の平均より高い。人口は\n十万人である。"
    options = replace(OPTIONS, top_k=50)
    (plain,) = answers(engine, query(QUESTION, whole, CONTEXT, options=options))
    (joined,) = answers(engine, query(QUESTION, wrapped, CONTEXT, options=replace(options, join_lines=True)))
    assert [(s.answer, s.score, s.document) for s in joined.spans] == [
        (s.answer, s.score, s.document) for s in plain.spans
    ]
    for span in joined.spans:
        given = (wrapped, CONTEXT)[span.document or 0][span.start : span.end]
        assert given.replace(" \r\n", "").replace("\n", "") == span.answer


# --- compute


@given(seed=st.integers(0, 1000), count=st.integers(1, 8), budget=st.integers(1, 600))
def test_a_batch_gives_every_query_its_own_logits(tokenizer: Tokenizer, seed: int, count: int, budget: int) -> None:
    engine = Engine(tokenizer, ScriptedModel(rough, token_budget=budget), EndLabel.EXCLUSIVE)
    rng = np.random.default_rng(seed)
    batch = [engine.prepare(query(QUESTION, CONTEXT * int(rng.integers(1, 12)))) for _ in range(count)]
    for prepared, logits in zip(batch, computed(engine, *batch), strict=True):
        assert same(logits, [rough(window.ids) for window in prepared.windows])


def test_a_batch_of_real_queries_is_computed_as_each_alone(engine: Engine) -> None:
    batch = [engine.prepare(query(QUESTION, CONTEXT * count)) for count in (1, 30, 2, 9)]
    for prepared, logits in zip(batch, computed(engine, *batch), strict=True):
        assert same(logits, computed(engine, prepared)[0])


def test_an_empty_batch_is_no_trouble(engine: Engine) -> None:
    assert engine.compute([]) == []


def test_small_queries_share_a_pass_and_come_before_large_ones(scripted: Callable[[ScriptedModel], Engine]) -> None:
    model = ScriptedModel(flat, token_budget=200)
    engine = scripted(model)
    batch = [engine.prepare(query(QUESTION, CONTEXT * count)) for count in (40, 1, 20, 1, 1)]
    computed(engine, *batch)
    assert len(model.passes[0]) == 3
    order = [length for lengths in model.passes for length in lengths]
    assert len(order) == sum(len(prepared.windows) for prepared in batch)
    # The large ones follow, the smaller of them first.
    large = len(batch[2].windows)
    assert order[3 : 3 + large] == sorted((len(w.ids) for w in batch[2].windows), reverse=True)


def test_no_pass_exceeds_the_token_budget(scripted: Callable[[ScriptedModel], Engine]) -> None:
    model = ScriptedModel(flat, token_budget=300)
    engine = scripted(model)
    computed(engine, *(engine.prepare(query(QUESTION, CONTEXT * count)) for count in range(1, 20)))
    assert max(map(sum, model.passes)) <= 300


def marked(tokenizer: Tokenizer, mark: str, error: Exception) -> Callable[[IntArray], Logits]:
    """Logits that cannot be computed for a window that shows ``mark``."""
    (*_, token) = tokenizer.tokenize(mark).ids

    def script(ids: IntArray) -> Logits:
        if token in ids:
            raise error
        return flat(ids)

    return script


FAULTS: list[tuple[Exception, type[RequestError]]] = [
    (RuntimeError("a kernel failed"), EngineFault),
    (ValueError("shapes"), EngineFault),
    (MemoryError(), OutOfMemory),
    (torch.OutOfMemoryError("CUDA out of memory"), OutOfMemory),
    (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to"), OutOfMemory),
]


@pytest.mark.parametrize(("error", "kind"), FAULTS)
def test_a_fault_hits_only_the_query_that_causes_it(
    tokenizer: Tokenizer, scripted: Callable[[ScriptedModel], Engine], error: Exception, kind: type[RequestError]
) -> None:
    engine = scripted(ScriptedModel(marked(tokenizer, "鳥", error), token_budget=200))
    contexts = (CONTEXT, "鳥" + CONTEXT, CONTEXT * 20, "鳥" + CONTEXT * 20, CONTEXT)
    results = engine.compute([engine.prepare(query(QUESTION, context)) for context in contexts])
    assert [isinstance(result, list) for result in results] == [True, False, True, False, True]
    assert all(type(result) is kind for result in (results[1], results[3]))


def test_a_lost_device_is_no_fault_of_any_query(scripted: Callable[[ScriptedModel], Engine]) -> None:
    def lost(_: IntArray) -> Logits:
        raise DeviceLost("cuda:0 is lost")

    model = ScriptedModel(lost)
    engine = scripted(model)
    with pytest.raises(DeviceLost):
        engine.compute([engine.prepare(query()) for _ in range(3)])
    assert len(model.passes) == 1


def test_a_fault_does_not_tell_the_caller_about_the_machine(
    tokenizer: Tokenizer, scripted: Callable[[ScriptedModel], Engine]
) -> None:
    engine = scripted(ScriptedModel(marked(tokenizer, "鳥", RuntimeError("/srv/secret.py"))))
    (result,) = engine.compute([engine.prepare(query(QUESTION, "鳥"))])
    assert "secret" not in str(result)


def test_real_exhaustion_of_memory_is_recognised(scripted: Callable[[ScriptedModel], Engine]) -> None:
    def exhaust(_: IntArray) -> Logits:
        torch.empty(2**60)
        raise AssertionError

    engine = scripted(ScriptedModel(exhaust))
    (result,) = engine.compute([engine.prepare(query())])
    assert isinstance(result, OutOfMemory)


def test_the_memory_of_a_failed_pass_is_free_when_its_queries_are_tried_alone(
    scripted: Callable[[ScriptedModel], Engine],
) -> None:
    """An exception keeps the frames of the pass alive, and with them its tensors: on a full GPU all retries fail."""
    held: list[weakref.ref[torch.Tensor]] = []
    alive_at_retry = []

    class Full(ScriptedModel):
        def logits(self, windows: Sequence[IntArray]) -> list[Logits]:
            gc.collect()
            alive_at_retry.append(any(reference() is not None for reference in held))
            activations = torch.zeros(10)
            held.append(weakref.ref(activations))
            if len(windows) > 1:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return super().logits(windows)

    engine = scripted(Full(flat))
    computed(engine, *(engine.prepare(query()) for _ in range(3)))
    assert alive_at_retry == [False] * 4


def test_logits_that_are_no_numbers_are_a_fault_and_not_an_answer(
    scripted: Callable[[ScriptedModel], Engine],
) -> None:
    """Half precision overflows to infinity and then to NaN; a score of 1 would be the worst thing to say."""

    def broken(ids: IntArray) -> Logits:
        return Logits(*np.full((2, len(ids)), np.nan, dtype=np.float32))

    engine = scripted(ScriptedModel(broken))
    prepared = engine.prepare(query())
    (result,) = engine.compute([prepared])
    if isinstance(result, list):
        with pytest.raises(EngineFault):
            list(engine.decode(prepared, result))
    else:
        assert isinstance(result, EngineFault)


def test_what_is_not_done_in_time_ends_with_a_deadline(
    scripted: Callable[[ScriptedModel], Engine], clock: Clock
) -> None:
    def slow(ids: IntArray) -> Logits:
        clock.now += 0.05
        return flat(ids)

    model = ScriptedModel(slow, token_budget=130)
    engine = scripted(model)
    started = clock.now
    batch = [engine.prepare(query(QUESTION, context), started + 0.2) for context in (CONTEXT, CONTEXT * 60)]
    small, large = engine.compute(batch)
    assert clock.now - started < 1
    assert isinstance(small, list)
    assert isinstance(large, DeadlineExceeded)
    assert len(model.passes) < 10


def test_no_time_at_all_computes_nothing(scripted: Callable[[ScriptedModel], Engine]) -> None:
    model = ScriptedModel(flat)
    engine = scripted(model)
    batch = [replace(engine.prepare(query()), deadline=time.monotonic() - 1) for _ in range(3)]
    assert all(isinstance(result, DeadlineExceeded) for result in engine.compute(batch))
    assert model.passes == []


def test_a_pass_that_would_end_too_late_is_not_begun(scripted: Callable[[ScriptedModel], Engine], clock: Clock) -> None:
    def slow(ids: IntArray) -> Logits:
        clock.now += 1
        return flat(ids)

    model = ScriptedModel(slow)
    engine = scripted(model)
    computed(engine, engine.prepare(query()))  # by which the engine learns its pace
    (result,) = engine.compute([engine.prepare(query(), clock.now + 0.1)])
    assert isinstance(result, DeadlineExceeded)
    assert len(model.passes) == 1


def test_a_query_out_of_time_is_left_out_of_a_pass_that_others_share(
    scripted: Callable[[ScriptedModel], Engine],
) -> None:
    model = ScriptedModel(flat)
    engine = scripted(model)
    batch = [engine.prepare(query()) for _ in range(3)]
    batch[1] = replace(batch[1], deadline=time.monotonic() - 1)
    assert [isinstance(result, list) for result in engine.compute(batch)] == [True, False, True]
    assert [len(lengths) for lengths in model.passes] == [2]


def test_a_caller_who_leaves_is_computed_no_further(scripted: Callable[[ScriptedModel], Engine]) -> None:
    model = ScriptedModel(flat, token_budget=TINY_MAX_TOKENS)
    engine = scripted(model)
    long = query(QUESTION, LONG)
    passes = len(engine.prepare(long).windows)
    assert passes > 3
    left = engine.prepare(long, is_cancelled=lambda: len(model.passes) >= 2)
    stays = engine.prepare(long)
    cancelled, answered = engine.compute([left, stays])
    assert isinstance(cancelled, Cancelled)
    assert isinstance(answered, list)
    assert len(answered) == passes
    assert len(model.passes) == 2 + passes


def test_a_caller_who_left_takes_nothing_from_those_of_the_batch(scripted: Callable[[ScriptedModel], Engine]) -> None:
    model = ScriptedModel(flat)
    engine = scripted(model)
    results = engine.compute([engine.prepare(query(), is_cancelled=lambda: True), engine.prepare(query())])
    assert isinstance(results[0], Cancelled)
    assert isinstance(results[1], list)
    assert [len(lengths) for lengths in model.passes] == [1]


def test_texts_are_not_tokenized_after_the_deadline(engine: Engine) -> None:
    with pytest.raises(DeadlineExceeded):
        engine.prepare(query(), time.monotonic() - 1)


def test_windows_without_end_are_refused_before_they_fill_the_memory(tokenizer: Tokenizer) -> None:
    """An overlap just below the window makes a window for every token: 200,000 of 512 tokens are 800 MB."""
    engine = Engine(tokenizer, ScriptedModel(flat, max_tokens=512), EndLabel.EXCLUSIVE)
    options: dict[str, Any] = {"max_seq_len": 512, "doc_stride": 512 - 4 - len(tokenizer.tokenize("苺").ids) - 1}
    with pytest.raises(RequestError):
        engine.prepare(query("苺", "苺" * 60_000, options=replace(OPTIONS, **options)))


def test_what_a_request_costs_is_limited_whatever_it_is_made_of(tokenizer: Tokenizer) -> None:
    engine = Engine(tokenizer, ScriptedModel(flat), EndLabel.EXCLUSIVE, limits=Limits(1000))
    engine.prepare(query(QUESTION, CONTEXT * 10))
    with pytest.raises(TooLarge, match="limit is 1000 tokens: ask fewer questions at once, or read fewer windows"):
        engine.prepare(query(QUESTION, CONTEXT * 100))


# --- the shortlist

NEEDLE = "灯台を設計したのは早川さんである。"
HAYSTACK = "".join(f"第{number}章では町の歴史と産業について述べる。" for number in range(60))
LIGHTHOUSE = "灯台を設計したのは誰ですか"


def test_only_the_most_promising_windows_are_read(engine: Engine) -> None:
    text = HAYSTACK + NEEDLE + HAYSTACK
    every = engine.prepare(query(LIGHTHOUSE, text))
    prepared = engine.prepare(query(LIGHTHOUSE, text, options=replace(OPTIONS, max_windows=2)))
    assert len(every.windows) == every.windows_read[0].read == every.windows_read[0].of > 10
    assert (len(prepared.windows), prepared.windows_read) == (2, (Windows(2, len(every.windows)),))
    place = len(HAYSTACK) + NEEDLE.index("早川")
    tokens = prepared.documents[0]
    assert any(
        tokens.starts[window.context_start] <= place < tokens.ends[window.context_end - 1]
        for window in prepared.windows
    )
    (found,) = answers(engine, prepared.query)
    assert found.windows == Windows(2, len(every.windows))
    assert text[found.spans[0].start : found.spans[0].end] == found.spans[0].answer


def test_where_no_window_is_left_out_nothing_changes(engine: Engine) -> None:
    asked = query(QUESTION, LONG, CONTEXT, options=replace(OPTIONS, top_k=20))
    count = len(engine.prepare(asked).windows)
    bounded = replace(asked, options=replace(asked.options, max_windows=count))
    assert answers(engine, bounded) == answers(engine, asked)


def test_windows_of_all_documents_compete(engine: Engine) -> None:
    prepared = engine.prepare(query(LIGHTHOUSE, HAYSTACK, NEEDLE, HAYSTACK, options=replace(OPTIONS, max_windows=1)))
    assert [window.document for window in prepared.windows] == [1]


def test_the_best_window_has_no_prior_and_the_others_one_below(own_checkpoint: Path) -> None:
    edit_config(own_checkpoint, luke_qa={"end_label": "exclusive", "prior_weight": 1.0})
    engine = Engine.from_checkpoint(own_checkpoint, device="cpu")
    bounded = query(LIGHTHOUSE, HAYSTACK, NEEDLE, "灯台を設計した。", options=replace(OPTIONS, max_windows=3))
    priors = {window.document: window.prior for window in engine.prepare(bounded).windows}
    assert priors.pop(1) == 0
    assert priors
    assert all(prior < -0.1 for prior in priors.values())
    assert {window.prior for window in engine.prepare(query(LIGHTHOUSE, HAYSTACK, NEEDLE)).windows} == {0}


def test_the_flatter_the_ranking_the_more_windows_are_read(own_checkpoint: Path) -> None:
    edit_config(own_checkpoint, luke_qa={"end_label": "exclusive", "prior_weight": 5.0})
    engine = Engine.from_checkpoint(own_checkpoint, device="cpu")
    text, options = HAYSTACK + NEEDLE + HAYSTACK, replace(OPTIONS, max_windows=4)
    sure, unsure = (engine.prepare(query(asked, text, options=options)) for asked in (LIGHTHOUSE, "zzz"))
    assert [found.windows_read[0].read for found in (sure, unsure)] == [1, 4]
    assert sure.windows[0].prior == 0


@pytest.mark.parametrize("title", ["灯台について", "灯台\ud800", "灯台" + "町" * 10_000])
def test_the_words_of_a_title_count_for_all_windows_of_its_document(engine: Engine, title: str) -> None:
    town, lighthouse = "町の歴史を述べる。" * 40, "早川さんが設計した。"
    asked = query(LIGHTHOUSE, town, town[1:], lighthouse, town[2:], options=replace(OPTIONS, max_windows=2))
    named = replace(asked, titles=(None, title, "", None))
    found = [{window.document for window in engine.prepare(each).windows} for each in (asked, named)]
    assert 1 not in found[0]
    assert 1 in found[1]


def test_what_cannot_end_in_time_is_refused_at_once(tokenizer: Tokenizer) -> None:
    model = ScriptedModel(flat)
    engine = Engine(tokenizer, model, EndLabel.EXCLUSIVE, limits=Limits(time_limit=10))
    long = query(QUESTION, CONTEXT * 100)
    assert engine.prepare(long)
    engine.tokens_per_second = 20.0
    with pytest.raises(
        TooLarge, match=r"takes about \d+ seconds here, but the limit is 10 seconds.*max_windows"
    ) as caught:
        engine.prepare(long)
    assert caught.value.part == Part("question")
    assert engine.prepare(replace(long, options=replace(OPTIONS, max_windows=1)))
    assert not model.passes
