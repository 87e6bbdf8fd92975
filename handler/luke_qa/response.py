"""From answers to body: the JSON text and the status of one response, in the schema of its request."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from luke_qa.errors import RequestError, TooLarge
from luke_qa.query import Answers, Span
from luke_qa.request import Request
from luke_qa.schema import AnswerSpan, ErrorAnswer, NativeAnswer, TaskAnswer

CONTENT_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Response:
    """``code`` is an HTTP status, ``body`` unescaped JSON in UTF-8, ``outcome`` "ok" or the type of the error."""

    code: int
    body: bytes
    outcome: str = "ok"


def answer_response(request: Request, answers: Iterable[Answers], request_id: str, max_bytes: int) -> Response:
    """Write the answers to every question of ``request``, one after another as they arrive.

    Raises:
        TooLarge: the body would exceed ``max_bytes`` (text of unknown characters makes long tokens and long answers).
    """
    parts, size = [], 0
    for item in answers:
        parts.append(_to_json(_answer_content(request, item, request_id)))
        size += len(parts[-1])
        if size > max_bytes:
            raise TooLarge(f"The answer would exceed {max_bytes} bytes: ask for fewer or shorter answers.", "top_k")
    return Response(200, b"[" + b",".join(parts) + b"]" if request.is_question_list else parts[0])


def error_response(error: RequestError, request_id: str) -> Response:
    """Write the error as a body that carries its own status, which gRPC callers cannot see otherwise."""
    answer = ErrorAnswer(
        code=error.code,
        type=error.type,
        message=str(error),
        error=str(error),
        field=error.field,
        request_id=request_id,
    )
    return Response(error.code, _to_json(answer.model_dump()), error.type)


def _answer_content(request: Request, answers: Answers, request_id: str) -> object:
    if not request.is_task:
        return _native_answer(answers, request.query.contexts, request.is_utf16, request_id)
    spans = [_task_answer(_answer_span(span, request.query.contexts, request.is_utf16)) for span in answers.spans]
    return spans[0] if request.query.options.top_k == 1 else spans


def _native_answer(answers: Answers, contexts: Sequence[str], is_utf16: bool, request_id: str) -> dict[str, object]:
    spans = [_answer_span(span, contexts, is_utf16) for span in answers.spans]
    return NativeAnswer(
        **spans[0].model_dump(),
        no_answer_score=answers.no_answer_score,
        place_score=answers.place_score,
        confidence=answers.confidence,
        answers=spans,
        request_id=request_id,
    ).model_dump()


def _answer_span(span: Span, contexts: Sequence[str], is_utf16: bool) -> AnswerSpan:
    start, end = span.start, span.end
    if is_utf16 and start is not None and span.document is not None:
        start = _utf16_length(contexts[span.document][:start])
        end = start + _utf16_length(contexts[span.document][span.start : span.end])
    return AnswerSpan(answer=span.answer, score=span.score, start=start, end=end, document=span.document)


def _task_answer(span: AnswerSpan) -> dict[str, object]:
    # The task schema has no null offsets. An answer without a position gets 0, as in transformers' pipeline.
    return TaskAnswer(answer=span.answer, score=span.score, start=span.start or 0, end=span.end or 0).model_dump()


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _to_json(content: object) -> bytes:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    # No lone surrogate should get here. If one does, its backslash escape is valid JSON.
    return text.encode("utf-8", "backslashreplace")
