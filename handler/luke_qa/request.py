"""Body to request: whatever TorchServe hands over, parsed and validated by one of the two schemas."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from luke_qa.errors import (
    InvalidJson,
    InvalidOption,
    InvalidValue,
    MissingField,
    RequestError,
    TooLarge,
    UnknownOption,
)
from luke_qa.query import Options, Query
from luke_qa.schema import NativeRequest, TaskInputs, TaskParameters, TaskRequest
from luke_qa.settings import Settings

Model = TypeVar("Model", bound=BaseModel)

# How TorchServe names a body: over HTTP, and by convention in gRPC's input map.
_WHOLE_FIELDS = frozenset({"body", "data"})
# Fields that carry text. In a form or a gRPC map every other field is JSON (numbers, booleans, objects).
_TEXT_FIELDS = frozenset({"question", "context", "offsets", "request_id"})
_TASK_PREFIX = "parameters."
_INPUT_FIELDS = frozenset({"question", "context", "inputs"})
MAX_NAME_CHARS = 64  # of a field that the caller made up, in an error


@dataclass(frozen=True, slots=True)
class Request:
    """A valid request: the query for the engine, and how its answer is to be written."""

    query: Query
    is_task: bool
    is_question_list: bool
    is_utf16: bool
    deadline_ms: int | None


def read_fields(row: Mapping[str, Any]) -> dict[str, Any]:
    """The request's fields from one row of TorchServe's data: a JSON body, a form, or gRPC's input map.

    Raises:
        InvalidJson: there is no JSON object in it.
    """
    whole = row.keys() & _WHOLE_FIELDS
    if not whole:
        body: Any = {name: _form_value(name, value) for name, value in row.items()}
    elif len(row) > 1:
        raise UnknownOption(f"Beside {min(whole)}, which is the whole request, there must be no other field.")
    elif isinstance(body := row[min(whole)], str | bytes | bytearray):
        body = _parse_json(body)
    # A name that begins with a brace is JSON that was sent as a form: what `curl -d` does unless told otherwise.
    if not isinstance(body, dict) or not row or any(name.lstrip().startswith("{") for name in body):
        raise InvalidJson(
            'The body must be a JSON object with "question" and "context", sent with Content-Type: application/json.'
        )
    return body


def parse_request(fields: Mapping[str, Any], settings: Settings, max_tokens: int) -> Request:
    """Validate ``fields`` and fill in the server's defaults; ``max_tokens`` is the model's longest input.

    Raises:
        RequestError: naming the first field that is wrong and what is allowed.
    """
    if "inputs" in fields:
        return _task_request(_validate(TaskRequest, fields), settings, max_tokens)
    return _native_request(_validate(NativeRequest, fields), settings, max_tokens)


def caller_id(fields: Mapping[str, Any]) -> str | None:
    """The caller's own request id, if a usable one can be read from fields that need not be valid otherwise."""
    try:
        given = {"question": "", "context": "", "request_id": fields.get("request_id")}
        return NativeRequest.model_validate(given).request_id
    except ValidationError:
        return None


def _native_request(body: NativeRequest, settings: Settings, max_tokens: int) -> Request:
    if isinstance(body.question, list) and isinstance(body.context, list):
        raise InvalidValue(
            "Either question or context may be a list, not both: "
            "ask many questions over one context, or one over many.",
            "context",
        )
    query = Query(
        questions=_texts(body.question),
        contexts=_texts(body.context),
        question_fields=_names("question", body.question),
        context_fields=_names("context", body.context),
        options=_options(body, settings, max_tokens),
    )
    _check_texts(query, settings)
    return Request(
        query,
        is_task=False,
        is_question_list=isinstance(body.question, list),
        is_utf16=body.offsets == "utf16",
        deadline_ms=body.deadline_ms,
    )


def _task_request(body: TaskRequest, settings: Settings, max_tokens: int) -> Request:
    query = Query(
        questions=(body.inputs.question,),
        contexts=(body.inputs.context,),
        question_fields=("inputs.question",),
        context_fields=("inputs.context",),
        options=_options(body.parameters or TaskParameters(), settings, max_tokens, _TASK_PREFIX),
        options_prefix=_TASK_PREFIX,
    )
    _check_texts(query, settings)
    return Request(
        query,
        is_task=True,
        is_question_list=False,
        is_utf16=False,
        deadline_ms=None,
    )


def _options(given: NativeRequest | TaskParameters, settings: Settings, max_tokens: int, prefix: str = "") -> Options:
    default_len = max_tokens if settings.max_seq_len == "auto" else settings.max_seq_len
    max_seq_len = _either(given.max_seq_len, default_len)
    # Where the server's overlap does not suit the caller's window, half of the window does.
    doc_stride = _either(given.doc_stride, min(settings.doc_stride, max_seq_len // 2))
    if doc_stride >= max_seq_len:
        name = f"{prefix}doc_stride"
        raise InvalidOption(f"{name} must be less than max_seq_len, which is {max_seq_len}.", name)
    return Options(
        top_k=_either(given.top_k, 1),
        max_answer_len=_either(given.max_answer_len, settings.max_answer_len),
        max_seq_len=max_seq_len,
        doc_stride=doc_stride,
        max_question_len=given.max_question_len if isinstance(given, TaskParameters) else None,
        handle_impossible_answer=bool(given.handle_impossible_answer),
    )


def _either(given: int | None, default: int) -> int:
    return default if given is None else given


def _texts(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _names(field: str, value: str | list[str]) -> tuple[str, ...]:
    return (field,) if isinstance(value, str) else tuple(f"{field}[{i}]" for i in range(len(value)))


def _check_texts(query: Query, settings: Settings) -> None:
    for field, texts, limit in (
        ("question", query.questions, settings.max_questions),
        ("context", query.contexts, settings.max_documents),
    ):
        if not texts:
            raise InvalidValue(f"{field} must not be an empty list.", field)
        if len(texts) > limit:
            raise TooLarge(f"{field} has {len(texts)} items, but the limit is {limit}.", field)
    for field, text in zip(query.question_fields + query.context_fields, query.questions + query.contexts, strict=True):
        if not text.strip():
            raise InvalidValue(f"{field} must not be empty or blank.", field)
        if not _is_unicode(text):
            raise InvalidValue(f"{field} holds half of a surrogate pair, which is not text.", field)
    for field, text in zip(query.question_fields, query.questions, strict=True):
        if len(text) > settings.max_question_chars:
            raise TooLarge(
                f"{field} has {len(text)} characters, but the limit is {settings.max_question_chars}.",
                field,
            )
    total = sum(map(len, query.contexts))
    if total > settings.max_context_chars:
        raise TooLarge(
            f"The context has {total} characters in all, but the limit is {settings.max_context_chars}.",
            "context" if len(query.contexts) > 1 else query.context_fields[0],
        )


def _is_unicode(text: str) -> bool:
    """False for half of a surrogate pair, which JSON's escapes can spell."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _validate(model: type[Model], fields: Mapping[str, Any]) -> Model:
    for name in (*fields, *_nested_names(fields)):
        if not _is_unicode(name):  # pydantic cannot speak of such a name
            raise UnknownOption("A field's name holds half of a surrogate pair, which is not text.")
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise _as_request_error(model, error) from None


def _as_request_error(model: type[BaseModel], error: ValidationError) -> RequestError:
    """The first complaint that names a field, in our words: pydantic's speak of Python types."""
    first = error.errors(include_url=False, include_context=False)[0]
    path = _field_path(model, first["loc"])
    name = ".".join(path)
    owner, allowed = _describe(model, path)
    if first["type"] == "extra_forbidden":
        known = ", ".join(owner.model_fields)
        return UnknownOption(f"{name} is not a known field; there are: {known}.", name)
    if first["type"] == "missing":
        return MissingField(f"{name} is missing: it must be {allowed}.", name)
    kind = InvalidValue if _INPUT_FIELDS & set(path) else InvalidOption
    return kind(f"{name} must be {allowed}.", name)


def _nested_names(fields: Mapping[str, Any]) -> Iterator[str]:
    for part in (fields.get("inputs"), fields.get("parameters")):
        if isinstance(part, dict):
            yield from part


def _field_path(model: type[BaseModel], location: tuple[int | str, ...]) -> tuple[str, ...]:
    """The part of pydantic's location that names fields: it goes on into union members and list items."""
    nested = location[:2] if issubclass(model, TaskRequest) else location[:1]
    return tuple(str(part)[:MAX_NAME_CHARS] for part in nested)


def _describe(model: type[BaseModel], path: tuple[str, ...]) -> tuple[type[BaseModel], str]:
    """The model that owns the field at ``path``, and what the field allows."""
    nested: dict[str, type[BaseModel]] = {"inputs": TaskInputs, "parameters": TaskParameters}
    owner = model if len(path) == 1 else nested[path[0]]
    field = owner.model_fields.get(path[-1])
    extra = field.json_schema_extra if field else None
    return owner, str(extra["allowed"]) if isinstance(extra, dict) else "absent"


def _form_value(name: str, value: Any) -> Any:
    if not isinstance(value, str | bytes | bytearray):
        return value
    try:
        text = value if isinstance(value, str) else value.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidJson(f"{name} is not UTF-8.") from None
    if name in _TEXT_FIELDS:
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _parse_json(body: str | bytes | bytearray) -> Any:
    try:
        return json.loads(body if isinstance(body, str) else body.decode("utf-8"))
    except UnicodeDecodeError:
        raise InvalidJson("The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise InvalidJson(f"The body is not valid JSON ({error}).") from None
    except (ValueError, RecursionError):
        raise InvalidJson("The body is not JSON of reasonable depth, with numbers of reasonable length.") from None
