"""The wire, written once: what a request may say and what an answer says, in both schemas.

``docs/openapi.json`` is generated from these classes, and requests are validated by them. Limits that an
operator can set are checked in ``request``; a bound here holds for every server.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Score = Annotated[float, Field(ge=0, le=1)]


def _option(allowed: str, description: str, **bounds: Any) -> Any:
    """An optional field (null or absent: the server's default) that can say what it allows."""
    return Field(
        None,
        description=f"{description} ({allowed})",
        json_schema_extra={"allowed": allowed},
        **bounds,
    )


TopK = Annotated[
    int | None,
    _option("an integer from 1 to 100", "How many answers to return at most.", ge=1, le=100),
]
MaxAnswerLen = Annotated[int | None, _option("an integer from 1 to 128", "Longest answer, in tokens.", ge=1, le=128)]
MaxSeqLen = Annotated[
    int | None,
    _option(
        "an integer of at least 16",
        "Longest window, question included, in tokens; at most what the model takes.",
        ge=16,
    ),
]
DocStride = Annotated[
    int | None,
    _option("an integer of at least 0", "Context shared by neighbouring windows, in tokens.", ge=0),
]
HandleImpossibleAnswer = Annotated[
    bool | None, _option("true or false", 'Let "no answer" win where it is the likeliest.')
]


class _Request(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class NativeRequest(_Request):
    """Ask one or many questions over one context, or one question over many contexts."""

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
        _option('"code_points" or "utf16"', "What start and end count; utf16 for JavaScript and Java."),
    ] = None
    deadline_ms: Annotated[
        int | None,
        _option("Unix milliseconds", "After this moment the request is answered 504, uncomputed.", ge=0),
    ] = None
    request_id: Annotated[
        str | None,
        _option(
            "a text of 1 to 128 characters",
            "Comes back with the answer.",
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
    max_question_len: Annotated[
        int | None,
        _option("an integer of at least 1", "A longer question, in tokens, is refused.", ge=1),
    ] = None
    handle_impossible_answer: HandleImpossibleAnswer = None
    align_to_words: Annotated[
        bool | None,
        _option("true or false", "Accepted without effect: Japanese has no spaces between words."),
    ] = None


class TaskRequest(_Request):
    """The question-answering task as Hugging Face's inference clients send it."""

    inputs: TaskInputs = Field(json_schema_extra={"allowed": "an object of question and context"})
    parameters: Annotated[TaskParameters | None, _option("an object of options", "Options.")] = None


class AnswerSpan(BaseModel):
    """``answer`` stands at ``[start, end)`` of document number ``document``; all three are null for "no answer"."""

    answer: str
    score: Score = Field(description="Probability among all spans of all documents and no answer.")
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
    """TorchServe's own error shape, grown; the same over HTTP and gRPC."""

    code: int
    type: str
    message: str
    field: str | None
    request_id: str
