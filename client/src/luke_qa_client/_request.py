"""Requests: options and bodies. No I/O."""

import json
import math
import uuid
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

Context = str | Sequence[str]
Pair = tuple[str, Context]
Offsets = Literal["code_points", "utf16"]


class AskOptions(TypedDict, total=False):
    """The options of a question, as keywords. For an option that is omitted or None, the server's default applies.

    Attributes:
        top_k: the maximum number of answers.
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
    """One question, or many about one context, with the options.

    Attributes:
        message: the native request.
        request_id: the request's id, which is also in the message.
    """

    message: dict[str, Any]
    request_id: str

    @property
    def deadline_ms(self) -> int | None:
        """The caller's own deadline; None if there is none, or the server must reject it."""
        deadline = self.message.get("deadline_ms")
        return deadline if type(deadline) is int else None

    @property
    def characters(self) -> int:
        """The characters that the server reads: the context once for each question, and the questions."""
        questions, context = _texts(self.message["question"]), _texts(self.message["context"])
        return len(questions) * sum(map(len, context)) + sum(map(len, questions))

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
    if isinstance(context, str):
        return context
    unordered = isinstance(context, bytes | Mapping | Set) or hasattr(context, "columns")  # the last: a whole table
    if unordered or not isinstance(context, Iterable):
        raise TypeError(f"A context must be a string or a list of strings, not {_kind(context)}.")
    documents = list(context)
    for number, document in enumerate(documents):
        if not isinstance(document, str):
            raise TypeError(f"Document {number} of the context must be a string, not {_kind(document)}.")
    return documents


def ask_request(question: str | Sequence[str], context: Context, options: AskOptions) -> AskRequest:
    """Return the request for one question, or for many about one context.

    The server checks the values: it knows its limits, and names the invalid field.
    """
    given = {name: value for name, value in options.items() if value is not None}
    request_id = str(given.setdefault("request_id", uuid.uuid4().hex))
    return AskRequest({"question": _plain(question), "context": _plain(context), **given}, request_id)


def _texts(text: str | Sequence[str]) -> Sequence[str]:
    return [text] if isinstance(text, str) else text


def _plain(text: str | Sequence[str]) -> str | list[str]:
    return text if isinstance(text, str) else list(text)


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
