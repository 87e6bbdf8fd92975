"""From fields to request: validate them by one of the two schemas, and fill in the server's defaults."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError

from luke_qa.errors import (
    InvalidOption,
    InvalidValue,
    MissingField,
    Part,
    RequestError,
    UnknownOption,
)
from luke_qa.query import Options, Query
from luke_qa.schema import Document, NativeRequest, TaskInputs, TaskParameters, TaskRequest
from luke_qa.settings import Settings
from luke_qa.texts import check_texts, is_unicode

Model = TypeVar("Model", bound=BaseModel)
Value = TypeVar("Value")

_INPUT_FIELDS = frozenset({"question", "context", "inputs"})
MAX_NAME_CHARS = 64  # how much of an unknown field's name an error repeats


@dataclass(frozen=True, slots=True)
class Names:
    """How the caller spells the parts of a query: the prefixes of the schema, and which parts are lists."""

    inputs_prefix: str = ""
    options_prefix: str = ""
    lists: frozenset[str] = frozenset()

    def of(self, part: Part) -> str:
        """Return the caller's path to ``part``."""
        if part.name not in _INPUT_FIELDS:
            return f"{self.options_prefix}{part.name}"
        return f"{self.inputs_prefix}{part if part.name in self.lists else part.name}"

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Rename the parts in the errors that leave this context."""
        try:
            yield
        except RequestError as error:
            if isinstance(error.part, Part):
                raise error.renamed(self.of(error.part)) from None
            raise


@dataclass(frozen=True, slots=True)
class Request:
    """A valid request: the query for the engine, the caller's names for its parts, and the form of its answer.

    ``documents`` are the contexts as the caller gave them, if one of them was an object.
    """

    query: Query
    names: Names
    is_task: bool
    is_question_list: bool
    is_utf16: bool
    deadline_ms: int | None
    documents: tuple[Document, ...] = ()


def parse_request(fields: Mapping[str, Any], settings: Settings, max_tokens: int) -> Request:
    """Validate ``fields`` and fill in the server's defaults; ``max_tokens`` is the model's longest input.

    Raises:
        RequestError: it names the first wrong field and what is allowed.
    """
    if "inputs" in fields:
        return _task_request(_validate(TaskRequest, fields), settings, max_tokens)
    return _native_request(_validate(NativeRequest, fields), settings, max_tokens)


def caller_id(fields: Mapping[str, Any]) -> str | None:
    """Return the caller's request id if the fields contain a usable one, even if they are otherwise invalid."""
    try:
        given = {"question": "", "context": "", "request_id": fields.get("request_id")}
        return NativeRequest.model_validate(given).request_id
    except ValidationError:
        return None


def _native_request(body: NativeRequest, settings: Settings, max_tokens: int) -> Request:
    if isinstance(body.question, list) and isinstance(body.context, list):
        raise InvalidValue(
            "Only one of question and context may be a list: "
            "ask many questions about one context, or one question over many.",
            "context",
        )
    names = Names(lists=frozenset(name for name in ("question", "context") if isinstance(getattr(body, name), list)))
    given = body.context if isinstance(body.context, list) else [body.context]
    documents = tuple(Document(text=item) if isinstance(item, str) else item for item in given)
    questions = tuple(body.question) if isinstance(body.question, list) else (body.question,)
    return Request(
        _query(questions, documents, body, names, settings, max_tokens),
        names,
        is_task=False,
        is_question_list=isinstance(body.question, list),
        is_utf16=body.offsets == "utf16",
        deadline_ms=body.deadline_ms,
        documents=documents if any(isinstance(item, Document) for item in given) else (),
    )


def _task_request(body: TaskRequest, settings: Settings, max_tokens: int) -> Request:
    names, given = Names("inputs.", "parameters."), body.parameters or TaskParameters()
    return Request(
        _query((body.inputs.question,), (Document(text=body.inputs.context),), given, names, settings, max_tokens),
        names,
        is_task=True,
        is_question_list=False,
        is_utf16=given.offsets == "utf16",
        deadline_ms=None,
    )


def _query(
    questions: tuple[str, ...],
    documents: tuple[Document, ...],
    given: NativeRequest | TaskParameters,
    names: Names,
    settings: Settings,
    max_tokens: int,
) -> Query:
    with names.translated():
        query = Query(
            questions,
            tuple(document.text for document in documents),
            _options(given, settings, max_tokens),
            tuple(document.score for document in documents),
            tuple(document.title for document in documents),
        )
        check_texts(query, settings)
    return query


def _options(given: NativeRequest | TaskParameters, settings: Settings, max_tokens: int) -> Options:
    default_len = max_tokens if settings.max_seq_len == "auto" else settings.max_seq_len
    max_seq_len = _either(given.max_seq_len, default_len)
    # The server's default overlap may be too large for the caller's window; half of the window is not.
    doc_stride = _either(given.doc_stride, min(settings.doc_stride, max_seq_len // 2))
    if doc_stride >= max_seq_len:
        raise InvalidOption(f"{{part}} must be less than max_seq_len, which is {max_seq_len}.", Part("doc_stride"))
    options = Options(
        top_k=_either(given.top_k, 1),
        max_answer_len=_either(given.max_answer_len, settings.max_answer_len),
        max_seq_len=max_seq_len,
        doc_stride=doc_stride,
        handle_impossible_answer=bool(given.handle_impossible_answer),
        join_lines=bool(given.join_lines),
        max_windows=_count(settings.max_windows),
    )
    if isinstance(given, TaskParameters):
        return replace(options, max_question_len=given.max_question_len)
    return replace(
        options,
        max_windows=_count(_either(given.max_windows, settings.max_windows)),
        retriever_weight=_either(given.retriever_weight, 0.0),
        top_k_per_document=given.top_k_per_document,
        overlap=_either(given.overlap, 1.0),
        min_score=_either(given.min_score, 0.0),
        passage=given.passage,
    )


def _either(given: Value | None, default: Value) -> Value:
    return default if given is None else given


def _count(windows: int | Literal["all"]) -> int | None:
    return None if windows == "all" else windows


def _validate(model: type[Model], fields: Mapping[str, Any]) -> Model:
    for name in (*fields, *_nested_names(fields)):
        if not is_unicode(name):  # pydantic cannot put such a name into a message
            raise UnknownOption("A field name contains a lone surrogate, which is not valid text.")
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise _as_request_error(model, error) from None


def _as_request_error(model: type[BaseModel], error: ValidationError) -> RequestError:
    """Reword the first error: pydantic's message speaks of Python types."""
    first = error.errors(include_url=False, include_context=False)[0]
    path = _field_path(model, first["loc"])
    name = ".".join(path)
    owner, allowed = _describe(model, path)
    if first["type"] == "extra_forbidden":
        known = ", ".join(owner.model_fields)
        return UnknownOption(f"{name} is not a known field. The fields are: {known}.", name)
    if first["type"] == "missing":
        return MissingField(f"{name} is missing: it must be {allowed}.", name)
    kind = InvalidValue if _INPUT_FIELDS & set(path) else InvalidOption
    return kind(f"{name} must be {allowed}.", name)


def _nested_names(fields: Mapping[str, Any]) -> Iterator[str]:
    for part in map(fields.get, ("inputs", "parameters", "options")):
        if isinstance(part, dict):
            yield from part


def _field_path(model: type[BaseModel], location: tuple[int | str, ...]) -> tuple[str, ...]:
    """Return the part of pydantic's location that names fields. The rest names union members and list items."""
    nested = location[:2] if issubclass(model, TaskRequest) else location[:1]
    return tuple(str(part)[:MAX_NAME_CHARS] for part in nested)


def _describe(model: type[BaseModel], path: tuple[str, ...]) -> tuple[type[BaseModel], str]:
    """Return the model that owns the field at ``path``, and what the field allows."""
    nested: dict[str, type[BaseModel]] = {"inputs": TaskInputs, "parameters": TaskParameters}
    owner = model if len(path) == 1 else nested[path[0]]
    field = owner.model_fields.get(path[-1])
    extra = field.json_schema_extra if field else None
    return owner, str(extra["allowed"]) if isinstance(extra, dict) else "absent"
