"""The parts of the engine, each with the inputs that it must take and what must hold of its result."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

from bench.fuzz.tally import Fault
from bench.fuzz.texts import any_text, fields, readable_text
from luke_qa.backends.base import Logits
from luke_qa.choices import EndLabel
from luke_qa.errors import RequestError
from luke_qa.incoming import read_fields
from luke_qa.query import Options
from luke_qa.request import caller_id, parse_request
from luke_qa.response import error_response
from luke_qa.settings import Settings
from luke_qa.spans import Document, decode_spans
from luke_qa.tokenizer import Tokenizer
from luke_qa.windows import make_windows

MAX_TOKENS = 512
ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the engine.

    Attributes:
        inputs: what it is given.
        run: returns the outcome; raises ``Fault`` if something does not hold, and nothing else.
    """

    name: str
    inputs: st.SearchStrategy[Any]
    run: Callable[[Any], str]


def all_parts(tokenizer: Tokenizer) -> tuple[Part, ...]:
    """Every part, in the order of the data."""
    windows = st.tuples(
        readable_text, readable_text, st.integers(0, 600), st.integers(16, MAX_TOKENS), st.integers(1, 40)
    )
    decoding = st.tuples(
        st.lists(readable_text, min_size=1, max_size=3),
        st.integers(0, 2**32 - 1),
        st.sampled_from([0.0, 1.0, 30.0, 1e4, 1e30]),
        st.integers(1, 100),
        st.integers(1, 128),
        st.sampled_from(EndLabel),
        st.booleans(),
        st.booleans(),
    )
    return (
        Part("request", rows(), read_request),
        Part("tokenizer", any_text, lambda text: tokenize(tokenizer, text)),
        Part("windows", windows, lambda given: cut(tokenizer, *given)),
        Part("decoding", decoding, lambda given: decode(tokenizer, *given)),
    )


def rows() -> st.SearchStrategy[Any]:
    """What TorchServe hands on: parsed JSON, bytes, text, a form, gRPC's map."""
    as_bytes = st.builds(_encode, fields, st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]))
    cut_off = st.builds(lambda body, end: body[:end], as_bytes, st.integers(0, 200))
    deep = st.integers(1, 20_000).map(lambda depth: b"[" * depth)
    valid = st.builds(
        lambda question, context: {"question": question, "context": context}, readable_text, readable_text
    )
    body = fields | valid | as_bytes | cut_off | st.binary(max_size=80) | st.text(st.characters(), max_size=40) | deep
    form = st.dictionaries(
        st.sampled_from(["question", "context", "top_k", "data", "offsets", "{", ""]),
        st.binary(max_size=30) | any_text.map(str.encode) | any_text,
        max_size=4,
    )
    return body.map(lambda whole: {"body": whole}) | body.map(lambda whole: {"data": whole}) | form


def read_request(row: dict[str, Any]) -> str:
    """Read a request: it is valid, or an error says what is wrong with it, in JSON."""
    given: dict[str, Any] = {}
    try:
        given = read_fields(row, Settings().max_inflated_bytes)
        request = parse_request(given, Settings(), MAX_TOKENS)
    except RequestError as error:
        response = error_response(error, caller_id(given) or "none")
        answer = json.loads(response.body)
        _demand(400 <= response.code < 500, f"a request cannot be the reason of {response.code}")
        _demand(bool(answer["message"]) and answer["code"] == response.code, "the error says nothing")
        return error.type
    _demand(all(text.strip() for text in (*request.query.questions, *request.query.contexts)), "a blank text passed")
    _demand(request.query.options.doc_stride < request.query.options.max_seq_len, "the stride is not below the length")
    return "valid"


def tokenize(tokenizer: Tokenizer, text: str) -> str:
    """Tokenize: offsets go forward, stay inside, and cover what is between the first and the last token."""
    tokens = tokenizer.tokenize(text)
    _demand(len(tokens.ids) == len(tokens.starts) == len(tokens.ends), "the lengths differ")
    _demand(bool((np.diff(tokens.starts) >= 0).all() and (np.diff(tokens.ends) >= 0).all()), "offsets go back")
    _demand(bool((tokens.starts <= tokens.ends).all() and (tokens.starts >= 0).all()), "a token ends before it begins")
    _demand(bool((tokens.ends <= len(text)).all()), "a token is beyond the text")
    if not len(tokens):
        return "empty"
    seen = np.zeros(len(text), dtype=bool)
    for start, end in zip(tokens.starts, tokens.ends, strict=True):
        seen[start:end] = True
    _demand(bool(seen[tokens.starts[0] : tokens.ends[-1]].all()), "a character is in no token")
    return "tokens"


def cut(tokenizer: Tokenizer, question: str, context: str, doc_stride: int, max_seq_len: int, repeats: int) -> str:
    """Cut windows: they show the whole context, none is too long, and neighbours overlap by the stride."""
    tokens = tokenizer.tokenize(context * repeats)
    try:
        windows = make_windows(tokenizer.tokenize(question).ids, tokens, max_seq_len, doc_stride)
    except RequestError as error:
        return error.type
    _demand((windows[0].context_start, windows[-1].context_end) == (0, len(tokens)), "a part of the context is missing")
    _demand(all(len(window.ids) <= max_seq_len for window in windows), "a window is too long")
    for window in windows:
        shown = window.ids[window.first : window.first + window.context_end - window.context_start]
        _demand(
            np.array_equal(shown, tokens.ids[window.context_start : window.context_end]), "a window shows other tokens"
        )
    for left, right in pairwise(windows):
        _demand(left.context_end - right.context_start == doc_stride, "neighbours overlap otherwise")
    return "one" if len(windows) == 1 else "several"


def decode(
    tokenizer: Tokenizer,
    contexts: list[str],
    seed: int,
    scale: float,
    top_k: int,
    max_answer_len: int,
    end_label: EndLabel,
    impossible: bool,
    boundaries: bool,
) -> str:
    """Decode random logits: answers are in their documents, distinct, and their scores are probabilities."""
    rng, question = np.random.default_rng(seed), np.array([50, 51, 52])
    documents = []
    for number, context in enumerate(contexts):
        tokens = tokenizer.tokenize(context)
        windows = make_windows(question, tokens, 32, 8)
        logits = [Logits(*(scale * rng.normal(size=(2, len(window.ids)))).astype(np.float32)) for window in windows]
        documents.append(Document(context, tokens, windows, logits, number))
    options = Options(top_k, max_answer_len, 32, 8, handle_impossible_answer=impossible)
    answers = decode_spans(documents, options, end_label, 1.0, boundaries)
    scores = [span.score for span in answers.spans]
    _demand(1 <= len(scores) <= top_k, "the number of answers is wrong")
    _demand(all(0 <= score <= 1 for score in (*scores, answers.no_answer_score)), "a score is no probability")
    _demand(all(before >= after for before, after in pairwise(scores)), "the best is not first")
    found = [span for span in answers.spans if span.document is not None]
    _demand(sum(span.score for span in found) + answers.no_answer_score <= 1 + ROUNDING, "the scores exceed 1")
    places = {(span.document, span.start, span.end) for span in found}
    _demand(len(places) == len(found), "an answer comes twice")
    for span in found:
        _demand(
            contexts[span.document or 0][span.start : span.end] == span.answer.strip() != "", "it is not the text there"
        )
    return "answers" if found else "no answer"


def _encode(value: Any, encoding: str) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False).encode(encoding)
    except UnicodeEncodeError:
        return json.dumps(value).encode(encoding)


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Fault(otherwise)
