"""What is sent: options and bodies. No I/O."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

Context = str | Sequence[str]
Pair = tuple[str, Context]


class AskOptions(TypedDict, total=False):
    """The options of a question, as keywords. None, like absence, is the server's default.

    Attributes:
        top_k: how many answers to return at most.
        max_answer_len: the longest answer, in tokens.
        max_seq_len: the longest window, question included, in tokens.
        doc_stride: the context that neighbouring windows share, in tokens.
        handle_impossible_answer: let "no answer" win where it is the likeliest.
        offsets: what ``start`` and ``end`` count: ``code_points`` (Python's own), or ``utf16``
            to hand them on to JavaScript or Java.
        deadline_ms: absolute Unix milliseconds, after which the server does not compute and the client does not wait.
            Where there is none, each try tells the server when the client will have stopped waiting for it.
        request_id: comes back with the answer or the error; by default a fresh one.
    """

    top_k: int | None
    max_answer_len: int | None
    max_seq_len: int | None
    doc_stride: int | None
    handle_impossible_answer: bool | None
    offsets: Literal["code_points", "utf16"] | None
    deadline_ms: int | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class AskRequest:
    """A question, or many over one context, and how they are asked.

    Attributes:
        message: the native request.
        request_id: its id, also in the message.
    """

    message: dict[str, Any]
    request_id: str

    @property
    def deadline_ms(self) -> int | None:
        """The caller's own deadline, where there is one that can be."""
        deadline = self.message.get("deadline_ms")
        return deadline if type(deadline) is int else None

    def body(self, deadline_ms: int | None) -> bytes:
        """Return the request as JSON; with this deadline, unless the caller gave one or it is None."""
        automatic = {} if deadline_ms is None else {"deadline_ms": deadline_ms}
        return _json({**automatic, **self.message})


def check_options(options: AskOptions) -> None:
    """Raise TypeError for a keyword that is no option, as a plain signature would."""
    unknown = options.keys() - AskOptions.__annotations__.keys()
    if unknown:
        allowed = ", ".join(AskOptions.__annotations__)
        raise TypeError(f"Unknown option {min(unknown)!r}; the options are {allowed}.")


def check_pair(question: object, context: object) -> None:
    """Raise TypeError for what is no question or no context; whether they are good ones is the server's to judge."""
    if not isinstance(question, str):
        raise TypeError(f"A question must be one text, not {type(question).__name__}; ask_many takes many pairs.")
    if isinstance(context, str):
        return
    if not isinstance(context, Sequence) or isinstance(context, bytes):
        raise TypeError(f"A context must be a text or a sequence of texts, not {type(context).__name__}.")
    for document in context:
        if not isinstance(document, str):
            raise TypeError(f"The documents of a context must be texts, not {type(document).__name__}.")


def ask_request(question: str | Sequence[str], context: Context, options: AskOptions) -> AskRequest:
    """Return the request for a question, or for many over one context.

    Values are the server's to judge: it knows its limits, and names the field that is wrong.
    """
    check_options(options)
    given = {name: value for name, value in options.items() if value is not None}
    request_id = str(given.setdefault("request_id", uuid.uuid4().hex))
    return AskRequest({"question": _plain(question), "context": _plain(context), **given}, request_id)


def _plain(text: str | Sequence[str]) -> str | list[str]:
    return text if isinstance(text, str) else list(text)


def _json(message: object) -> bytes:
    try:
        return json.dumps(message, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8; JSON's escapes can carry it
        return json.dumps(message).encode()
