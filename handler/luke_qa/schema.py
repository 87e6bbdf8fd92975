"""The wire, written once: the fields of requests and answers, in both schemas.

These classes validate requests, and ``docs/openapi.json`` is generated from them. Limits that an operator can
set are checked in ``request``; a bound here holds for every server.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Score = Annotated[float, Field(ge=0, le=1)]


def _option(description: str, allowed: str, **bounds: Any) -> Any:
    """An optional field (null or absent: the server's default) that can say what it allows."""
    return Field(
        None,
        description=f"{description} ({allowed})",
        json_schema_extra={"allowed": allowed},
        **bounds,
    )


def _integer(description: str, at_least: int, at_most: int | None = None) -> Any:
    allowed = f"an integer of at least {at_least}" if at_most is None else f"an integer from {at_least} to {at_most}"
    return _option(description, allowed, ge=at_least, le=at_most)


def _flag(description: str) -> Any:
    return _option(description, "true or false")


TopK = Annotated[int | None, _integer("How many answers to return at most.", 1, 100)]
MaxAnswerLen = Annotated[int | None, _integer("Longest answer, in tokens.", 1, 128)]
MaxSeqLen = Annotated[
    int | None, _integer("Longest window, question included, in tokens; at most what the model takes.", 16)
]
DocStride = Annotated[int | None, _integer("Context shared by neighbouring windows, in tokens.", 0)]
HandleImpossibleAnswer = Annotated[bool | None, _flag('Return "no answer" where it is the likeliest.')]


class _Request(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class NativeRequest(_Request):
    """One or many questions over one context, or one question over many contexts."""

    question: str | list[str] = Field(
        description="The question, or many questions over one context.",
        json_schema_extra={"allowed": "a text or a list of texts"},
    )
    context: str | list[str] = Field(
        description="The text to find the answer in, or many documents to rank answers across.",
        json_schema_extra={"allowed": "a text or a list of texts"},
    )
    top_k: TopK = None
    max_answer_len: MaxAnswerLen = None
    max_seq_len: MaxSeqLen = None
    doc_stride: DocStride = None
    handle_impossible_answer: HandleImpossibleAnswer = None
    offsets: Annotated[
        Literal["code_points", "utf16"] | None,
        _option("What start and end count; utf16 suits JavaScript and Java.", '"code_points" or "utf16"'),
    ] = None
    deadline_ms: Annotated[
        int | None,
        _option("After this moment the request is answered 504, uncomputed.", "Unix milliseconds", ge=0),
    ] = None
    request_id: Annotated[
        str | None,
        _option(
            "Comes back with the answer.",
            "a text of 1 to 128 characters",
            min_length=1,
            max_length=128,
        ),
    ] = None


class TaskInputs(_Request):
    question: str = Field(json_schema_extra={"allowed": "a text"})
    context: str = Field(json_schema_extra={"allowed": "a text"})


class TaskParameters(_Request):
    top_k: TopK = None
    doc_stride: DocStride = None
    max_answer_len: MaxAnswerLen = None
    max_seq_len: MaxSeqLen = None
    max_question_len: Annotated[int | None, _integer("A question of more tokens is refused.", 1)] = None
    handle_impossible_answer: HandleImpossibleAnswer = None
    align_to_words: Annotated[bool | None, _flag("Accepted without effect: Japanese has no spaces between words.")] = (
        None
    )


class TaskRequest(_Request):
    """The question-answering task as Hugging Face's inference clients send it."""

    inputs: TaskInputs = Field(json_schema_extra={"allowed": "an object of question and context"})
    parameters: Annotated[TaskParameters | None, _option("Options.", "an object of options")] = None


class AnswerSpan(BaseModel):
    """``answer`` is at ``[start, end)`` of document number ``document``. All three are null for "no answer"."""

    answer: str
    score: Score = Field(description='Probability among all spans of all documents and "no answer".')
    start: int | None
    end: int | None
    document: int | None


class NativeAnswer(AnswerSpan):
    """The best answer, and all ``top_k`` of them (the best included) in ``answers``."""

    no_answer_score: Score = Field(description="Probability that the documents hold no answer.")
    answers: list[AnswerSpan]
    request_id: str


class TaskAnswer(BaseModel):
    answer: str
    score: Score
    start: int
    end: int


class ErrorAnswer(BaseModel):
    """TorchServe's own error shape with more fields; the same over HTTP and gRPC."""

    code: int
    type: str
    message: str
    field: str | None
    request_id: str
