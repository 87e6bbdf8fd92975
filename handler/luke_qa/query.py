"""What is asked and what is answered, as the engine sees it: plain data, independent of any wire format."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """How to look for the answers. Lengths count tokens.

    max_seq_len: longest window, question and special tokens included. doc_stride: context shared by
    neighbouring windows. max_answer_len: longest answer. max_question_len: longest question that is accepted
    (None: any that fits). handle_impossible_answer: return "no answer" where it is the likeliest.
    """

    top_k: int
    max_answer_len: int
    max_seq_len: int
    doc_stride: int
    max_question_len: int | None = None
    handle_impossible_answer: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """Questions over documents: every question is answered from all contexts together."""

    questions: tuple[str, ...]
    contexts: tuple[str, ...]
    options: Options


@dataclass(frozen=True, slots=True)
class Span:
    """A possible answer, at code points [start, end) of document number ``document``.

    The context reads exactly like ``answer`` there, except under card decoding, which spells answers as the
    vocabulary does. ``score`` is a probability in [0, 1]. "No answer" has an empty ``answer`` and no place. A
    card-decoded slice that reaches beyond the context has no place either.
    """

    answer: str
    score: float
    start: int | None
    end: int | None
    document: int | None


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers to one question, likeliest first (at least one), and the probability that there is none."""

    spans: tuple[Span, ...]
    no_answer_score: float
