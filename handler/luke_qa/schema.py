"""The wire format: the fields of requests and answers, in both schemas.

These classes validate requests, and ``docs/openapi.json`` is generated from them. Limits that an operator can
set are checked in ``request``; a bound here applies to every server.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from luke_qa.confidence import Confidence

Score = Annotated[float, Field(ge=0, le=1)]


def _option(description: str, allowed: str, **bounds: Any) -> Any:
    """An optional field (null or absent: the server's default) that knows which values it allows."""
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


TopK = Annotated[int | None, _integer("Maximum number of answers to return.", 1, 100)]
MaxAnswerLen = Annotated[int | None, _integer("Maximum length of an answer, in tokens.", 1, 128)]
MaxSeqLen = Annotated[
    int | None, _integer("Maximum length of a window, question included, in tokens; at most the model's maximum.", 16)
]
DocStride = Annotated[int | None, _integer("Overlap of neighbouring windows, in tokens.", 0)]
HandleImpossibleAnswer = Annotated[bool | None, _flag('Return "no answer" if it is the most probable.')]

JoinLines = Annotated[
    bool | None,
    _flag(
        "Read through the line breaks inside wrapped lines, as in text from a PDF; blank lines, lists, headings "
        "and tables stay. start and end count in the text as given, answer is without the breaks."
    ),
]
Offsets = Annotated[
    Literal["code_points", "utf16"] | None,
    _option("Unit of start and end; utf16 suits JavaScript and Java.", '"code_points" or "utf16"'),
]


class _Request(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class Document(_Request):
    """A document as a retriever hands it over."""

    text: str
    id: Annotated[str | None, Field(description="Returned with the answers from this document.")] = None
    title: Annotated[
        str | None,
        Field(description="Returned with the answers from this document; its words help to choose what is read."),
    ] = None
    score: Annotated[float | None, Field(description="The retriever's score, see retriever_weight.")] = None


class NativeOptions(_Request):
    """What the requests in this server's own schema have in common."""

    top_k: TopK = None
    top_k_per_document: Annotated[
        int | None, _integer("Maximum number of answers from one document; top_k counts them all.", 1, 100)
    ] = None
    overlap: Annotated[
        float | None,
        _option(
            "How much two answers may share, as a part of the shorter one; 0: nothing.",
            "a number from 0 to 1",
            ge=0,
            le=1,
        ),
    ] = None
    min_score: Annotated[
        float | None,
        _option(
            'Answers that score less are left out; if none is left, "no answer".', "a number from 0 to 1", ge=0, le=1
        ),
    ] = None
    passage: Annotated[
        Literal["sentence"] | Annotated[int, Field(ge=1, le=10_000)] | None,
        _option(
            "Return each answer's sentence as well, or this many characters before and after it.",
            '"sentence" or an integer from 1 to 10000',
        ),
    ] = None
    max_windows: Annotated[
        Literal["all"] | Annotated[int, Field(ge=1)] | None,
        _option(
            "How many windows are read for a question at most, the most promising of all its documents.",
            'an integer of at least 1 or "all"',
        ),
    ] = None
    retriever_weight: Annotated[
        float | None,
        _option(
            "How much the documents' own scores count: a document that is one standard deviation below the best has "
            "its answers' odds divided by e to the power of this.",
            "a number from 0 to 100",
            ge=0,
            le=100,
        ),
    ] = None
    max_answer_len: MaxAnswerLen = None
    max_seq_len: MaxSeqLen = None
    doc_stride: DocStride = None
    handle_impossible_answer: HandleImpossibleAnswer = None
    join_lines: JoinLines = None
    offsets: Offsets = None
    deadline_ms: Annotated[
        int | None,
        _option("After this time, the server replies 504 instead of computing the answer.", "Unix milliseconds", ge=0),
    ] = None
    request_id: Annotated[
        str | None,
        _option(
            "Returned with the answer.",
            "a string of 1 to 128 characters",
            min_length=1,
            max_length=128,
        ),
    ] = None


class NativeRequest(NativeOptions):
    """One or many questions about one context, or one question over many documents."""

    question: str | list[str] = Field(
        description="The question, or many questions about one context.",
        json_schema_extra={"allowed": "a string or a list of strings"},
    )
    context: str | Document | list[str | Document] = Field(
        description="The text to search for the answer, or many documents to rank answers across.",
        json_schema_extra={"allowed": "a string, a document or a list of them"},
    )


class Pair(_Request):
    question: str
    context: str | Document | list[str | Document]


class PairsRequest(NativeOptions):
    """Questions with a context each, all with the same options."""

    pairs: list[Pair] = Field(
        description="Questions with a context each. The reply has an answer or an error for each, in order.",
        json_schema_extra={"allowed": "a list of objects of question and context"},
    )


class TaskInputs(_Request):
    question: str = Field(json_schema_extra={"allowed": "a string"})
    context: str = Field(json_schema_extra={"allowed": "a string"})


class TaskParameters(_Request):
    top_k: TopK = None
    doc_stride: DocStride = None
    max_answer_len: MaxAnswerLen = None
    max_seq_len: MaxSeqLen = None
    max_question_len: Annotated[int | None, _integer("A question with more tokens is rejected.", 1)] = None
    handle_impossible_answer: HandleImpossibleAnswer = None
    join_lines: JoinLines = None
    offsets: Offsets = None
    align_to_words: Annotated[bool | None, _flag("Ignored, because Japanese has no spaces between words.")] = None


class TaskRequest(_Request):
    """The question-answering task as Hugging Face's inference clients send it."""

    inputs: TaskInputs = Field(json_schema_extra={"allowed": "an object of question and context"})
    parameters: Annotated[TaskParameters | None, _option("Options.", "an object of options")] = None
    options: Annotated[
        dict[str, Any] | None,
        _option("Ignored: use_cache, wait_for_model and others of Hugging Face's own servers.", "an object"),
    ] = None


class Passage(BaseModel):
    """The text around an answer, at ``[start, end)`` of its document."""

    text: str
    start: int
    end: int


class AnswerSpan(BaseModel):
    """``answer`` is at ``[start, end)`` of document number ``document``. All three are null for "no answer"."""

    answer: str
    score: Score = Field(description='Probability, relative to all spans of all documents and "no answer".')
    start: int | None
    end: int | None
    document: int | None
    id: Annotated[str | None, Field(description="The document's id. Only for a document that has one.")] = None
    title: Annotated[str | None, Field(description="The document's title. Only for a document that has one.")] = None
    passage: Annotated[Passage | None, Field(description="The text around it. Only if it was asked for.")] = None


class Windows(BaseModel):
    """How many windows were read for the question, of how many."""

    read: int
    of: int


class NativeAnswer(AnswerSpan):
    """The best answer, and all ``top_k`` of them (the best included) in ``answers``."""

    no_answer_score: Score = Field(description="Probability that the documents contain no answer.")
    place_score: Score = Field(description="Probability that the answer overlaps the best span.")
    confidence: Confidence | None = Field(
        description='Whether this is an answer ("high"), a guess ("low"), or probably not in the documents ("none"); '
        "null if the checkpoint has no thresholds."
    )
    answers: list[AnswerSpan]
    windows: Windows
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
    error: str = Field(description="The message again, where Hugging Face's clients look for it.")
    field: str | None
    request_id: str
