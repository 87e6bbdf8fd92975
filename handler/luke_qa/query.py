"""Questions and answers as the engine sees them: plain data, independent of any wire format."""

from dataclasses import dataclass
from typing import Literal

from luke_qa.confidence import Confidence


@dataclass(frozen=True, slots=True)
class Options:
    """How to search for the answers. Lengths are in tokens.

    max_seq_len: longest window, question and special tokens included. doc_stride: context shared by
    neighbouring windows. max_answer_len: longest answer. max_question_len: longest question that is accepted
    (None: any that fits). handle_impossible_answer: return "no answer" if it is the most probable. join_lines: read
    through the breaks inside wrapped lines. max_windows: how many windows are read for a question at most, the most
    promising of all its documents (None: all). retriever_weight: how much the documents' own scores count.
    top_k_per_document: most answers from one document (None: any number). overlap: the part of the shorter one that two
    answers may share. min_score: lowest score of an answer. passage: return the sentence of each answer, or so many
    characters around it.
    """

    top_k: int
    max_answer_len: int
    max_seq_len: int
    doc_stride: int
    max_question_len: int | None = None
    handle_impossible_answer: bool = False
    join_lines: bool = False
    max_windows: int | None = None
    retriever_weight: float = 0.0
    top_k_per_document: int | None = None
    overlap: float = 1.0
    min_score: float = 0.0
    passage: Literal["sentence"] | int | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """Questions over documents: every question is answered from all contexts together.

    ``scores`` are those of a retriever, and ``titles`` those of the documents, one for each context, or nothing.
    """

    questions: tuple[str, ...]
    contexts: tuple[str, ...]
    options: Options
    scores: tuple[float | None, ...] = ()
    titles: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """The text around an answer, at code points [start, end) of its document; it reads like ``Span.answer``."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Span:
    """A possible answer, at code points [start, end) of document number ``document``.

    The context reads exactly like ``answer`` there, except for the breaks that ``join_lines`` reads through, and with
    card decoding, which decodes the answer from its tokens. ``score`` is a probability in [0, 1]. "No answer" has an
    empty ``answer`` and no position. A card-decoded slice that reaches beyond the context has no position either.
    """

    answer: str
    score: float
    start: int | None
    end: int | None
    document: int | None
    passage: Passage | None = None  # only if it was asked for


@dataclass(frozen=True, slots=True)
class Windows:
    """How many windows were read for a question, of how many."""

    read: int
    of: int


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers to one question, most probable first (at least one), and how sure they are.

    no_answer_score: the probability that there is no answer. place_score: the probability that it is where the best
    span is (see ``place``). confidence: None if the checkpoint has no thresholds.
    """

    spans: tuple[Span, ...]
    no_answer_score: float
    place_score: float
    confidence: Confidence | None = None
    windows: Windows = Windows(1, 1)
