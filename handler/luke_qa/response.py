"""From answers to body: the JSON text and the status of one response, in the schema of its request."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from luke_qa.errors import RequestError, TooLarge
from luke_qa.query import Answers, Span
from luke_qa.request import Request
from luke_qa.schema import ErrorAnswer, TaskAnswer

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
    parts, size = list[bytes](), 0
    too_large = TooLarge(f"The answer would exceed {max_bytes} bytes: ask for fewer or shorter answers.", "top_k")
    for item in answers:
        if _characters_of_names(request, item) > max_bytes - size:
            raise too_large
        parts.append(_to_json(_answer_content(request, item, request_id)))
        size += len(parts[-1])
        if size > max_bytes:
            raise too_large
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
        return _native_answer(request, answers, request_id)
    spans = [_task_answer(_answer_span(request, span)) for span in answers.spans]
    return spans[0] if request.query.options.top_k == 1 else spans


def _characters_of_names(request: Request, answers: Answers) -> int:
    """Return the length of all ids and titles in the answers. They may be long, and stand in every span."""
    if not request.documents:
        return 0
    named = [request.documents[span.document] for span in answers.spans if span.document is not None]
    return sum(len(name) for document in named for name in (document.id, document.title) if name is not None)


def _native_answer(request: Request, answers: Answers, request_id: str) -> dict[str, object]:
    spans = [_answer_span(request, span) for span in answers.spans]
    return {
        **spans[0],
        "no_answer_score": answers.no_answer_score,
        "place_score": answers.place_score,
        "confidence": answers.confidence,
        "answers": spans,
        "windows": asdict(answers.windows),
        "request_id": request_id,
    }


def _answer_span(request: Request, span: Span) -> dict[str, object]:
    written: dict[str, object] = {"answer": span.answer, "score": span.score}
    if span.document is None or span.start is None or span.end is None:
        return written | {"start": None, "end": None, "document": None}
    context = request.query.contexts[span.document]

    def position(place: int) -> int:
        return _utf16_length(context[:place]) if request.is_utf16 else place

    written |= {"start": position(span.start), "end": position(span.end), "document": span.document}
    if request.documents:
        document = request.documents[span.document]
        named = {"id": document.id, "title": document.title}
        written |= {name: value for name, value in named.items() if value is not None}
    if (passage := span.passage) is not None:
        written["passage"] = {
            "text": passage.text,
            "start": position(passage.start),
            "end": position(passage.end),
        }
    return written


def _task_answer(span: Mapping[str, object]) -> dict[str, object]:
    # The task schema has no null offsets. An answer without a position gets 0, as in transformers' pipeline.
    return TaskAnswer.model_validate({**span, "start": span["start"] or 0, "end": span["end"] or 0}).model_dump()


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _to_json(content: object) -> bytes:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    # No lone surrogate should get here. If one does, its backslash escape is valid JSON.
    return text.encode("utf-8", "backslashreplace")
