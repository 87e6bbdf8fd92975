"""Requests: options and bodies. No I/O."""

import json
import math
import uuid
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from ._documents import Context, Document, plain, texts_of

Pair = tuple[str, Context]
Offsets = Literal["code_points", "utf16"]


class AskOptions(TypedDict, total=False):
    """The options of a question, as keywords. For an option that is omitted or None, the server's default applies.

    Attributes:
        top_k: the maximum number of answers.
        top_k_per_document: the maximum number of answers from one document.
        overlap: how much two answers may share, as a part of the shorter one, from 0 to 1.
        min_score: answers that score less are left out.
        passage: ``"sentence"`` to get each answer's sentence as well, or how many characters before and after it.
        max_windows: how many windows of the text are read at most, the most promising of all; or ``"all"``.
        retriever_weight: how much the documents' own scores count.
        max_answer_len: the maximum length of an answer, in tokens.
        max_seq_len: the maximum length of a window, question included, in tokens.
        doc_stride: the overlap of neighbouring windows, in tokens.
        handle_impossible_answer: return "no answer" if it is the most likely.
        join_lines: read through the line breaks inside wrapped lines, as in text from a PDF. ``start`` and ``end``
            count in the text as given, and ``answer`` is without the breaks.
        offsets: the unit of ``start`` and ``end``: ``code_points``, as in Python, or ``utf16``, as in JavaScript and
            Java.
        deadline_ms: a time in Unix milliseconds, after which the server does not compute and the client does not wait.
            An attempt that ends earlier sends the time at which it ends instead.
        request_id: an id that is returned with the answer or the error; by default a new one.
    """

    top_k: int | None
    top_k_per_document: int | None
    overlap: float | None
    min_score: float | None
    passage: Literal["sentence"] | int | None
    max_windows: Literal["all"] | int | None
    retriever_weight: float | None
    max_answer_len: int | None
    max_seq_len: int | None
    doc_stride: int | None
    handle_impossible_answer: bool | None
    join_lines: bool | None
    offsets: Offsets | None
    deadline_ms: int | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class AskRequest:
    """One question, many about one context, or pairs, with the options.

    Attributes:
        message: the native request.
        request_id: the request's id, which is also in the message.
        characters: those that the server reads: a context once for each question, and the questions.
    """

    message: dict[str, Any]
    request_id: str
    characters: int

    @property
    def deadline_ms(self) -> int | None:
        """The caller's own deadline; None if there is none, or the server must reject it."""
        deadline = self.message.get("deadline_ms")
        return deadline if type(deadline) is int else None

    @property
    def is_utf16(self) -> bool:
        """Whether the answers' places are counted in UTF-16 code units."""
        return self.message.get("offsets") == "utf16"

    def body(self, deadline_ms: int | None) -> bytes:
        """Return the request as JSON, with this deadline instead of the caller's.

        Without one, or if the server must reject the caller's, return the request unchanged.
        """
        if deadline_ms is None or ("deadline_ms" in self.message and self.deadline_ms is None):
            return _json(self.message)
        return _json({**self.message, "deadline_ms": deadline_ms})


def check_question(question: object) -> str:
    """Return the question. The server checks its content.

    Raises:
        TypeError: it is not a string.
    """
    if isinstance(question, str):
        return question
    hint = " For many questions use ask_many." if isinstance(question, Sequence) else ""
    raise TypeError(f"A question must be a string, not {_kind(question)}.{hint}")


def check_context(context: object) -> Context:
    """Return a text as it is, and documents as a list: they may come as a column of a table, too.

    Raises:
        TypeError: it is neither a string nor strings in an order.
    """
    if isinstance(context, str | Document):
        return context
    unordered = isinstance(context, bytes | Mapping | Set) or hasattr(context, "columns")  # the last: a whole table
    if unordered or not isinstance(context, Iterable):
        raise TypeError(f"A context must be a string or a list of strings, not {_kind(context)}.")
    documents = list(context)
    for number, document in enumerate(documents):
        if not isinstance(document, str | Document):
            raise TypeError(f"Document {number} of the context must be a string, not {_kind(document)}.")
    return documents


def ask_request(question: str | Sequence[str], context: Context, options: AskOptions) -> AskRequest:
    """Return the request for one question, or for many about one context.

    The server checks the values: it knows its limits, and names the invalid field.
    """
    asked = question if isinstance(question, str) else list(question)
    questions = [question] if isinstance(question, str) else question
    return _request({"question": asked, "context": plain(context)}, [(each, context) for each in questions], options)


def pairs_request(pairs: Sequence[Pair], options: AskOptions) -> AskRequest:
    """Return the request for questions with a context each."""
    return _request(
        {"pairs": [{"question": question, "context": plain(context)} for question, context in pairs]}, pairs, options
    )


def _request(asked: Mapping[str, Any], pairs: Sequence[Pair], options: AskOptions) -> AskRequest:
    given = {name: value for name, value in options.items() if value is not None}
    request_id = str(given.setdefault("request_id", uuid.uuid4().hex))
    characters = sum(len(question) + sum(map(len, texts_of(context))) for question, context in pairs)
    return AskRequest({**asked, **given}, request_id, characters)


def _kind(value: object) -> str:
    """Name what was given instead of a text: an empty cell of a table is a NaN or None."""
    if value is None:
        return "None"
    return "NaN" if isinstance(value, float) and math.isnan(value) else type(value).__name__


def _json(message: object) -> bytes:
    try:
        return json.dumps(message, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # a lone surrogate: it cannot be encoded in UTF-8, but JSON can escape it
        return json.dumps(message).encode()
