"""What is sent: options, bodies, and pairs put together. No I/O."""

import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypedDict, cast

Context = str | Sequence[str]
Pair = tuple[str, Context]

# Questions of one context are sent together, so that the server reads the context once. How long
# a request takes goes by questions times context: bounded, it stays far from the timeout.
MAX_QUESTIONS_TOGETHER: Final = 16
MAX_CHARACTERS_TOGETHER: Final = 100_000


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
        deadline_ms: absolute Unix milliseconds, after which the server need not compute.
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
    """One request, ready to send.

    Attributes:
        body: the native request as JSON.
        request_id: its id, also in the body.
    """

    body: bytes
    request_id: str


def check_options(options: AskOptions) -> None:
    """Raise TypeError for a keyword that is no option, as a plain signature would."""
    unknown = options.keys() - AskOptions.__annotations__.keys()
    if unknown:
        allowed = ", ".join(AskOptions.__annotations__)
        raise TypeError(f"Unknown option {min(unknown)!r}; the options are {allowed}.")


def ask_request(question: str | Sequence[str], context: Context, options: AskOptions) -> AskRequest:
    """Return the request for a question, or for many over one context.

    Values are the server's to judge: it knows its limits, and names the field that is wrong.
    """
    check_options(options)
    given = {name: value for name, value in options.items() if value is not None}
    request_id = cast("str", given.setdefault("request_id", uuid.uuid4().hex))
    message = {"question": _plain(question), "context": _plain(context), **given}
    return AskRequest(_json(message), request_id)


def group_pairs(pairs: Iterable[Pair]) -> Iterator[tuple[list[str], Context]]:
    """Yield consecutive questions with the context that they share, a bounded number together.

    At most one group is held at any time.
    """
    questions: list[str] = []
    shared: Context = ""
    for question, context in pairs:
        if questions and (context != shared or len(questions) >= _most_together(shared)):
            yield questions, shared
            questions = []
        questions.append(question)
        shared = context
    if questions:
        yield questions, shared


def _most_together(context: Context) -> int:
    if not isinstance(context, str):
        return 1  # the server takes many questions or many documents, not both
    return min(MAX_QUESTIONS_TOGETHER, MAX_CHARACTERS_TOGETHER // max(len(context), 1))


def _plain(text: str | Sequence[str]) -> str | list[str]:
    return text if isinstance(text, str) else list(text)


def _json(message: object) -> bytes:
    try:
        return json.dumps(message, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8; JSON's escapes can carry it
        return json.dumps(message).encode()
