"""What is asked and what is answered, as the engine sees it: plain data, whatever wire it came over."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """How to look for the answers. Lengths count tokens.

    max_seq_len: longest window, question and special tokens included; doc_stride: context shared by
    neighbouring windows; max_answer_len: longest answer; max_question_len: longest question that is
    accepted (None: as long as it fits); handle_impossible_answer: let "no answer" win where it is the
    likeliest.
    """

    top_k: int
    max_answer_len: int
    max_seq_len: int
    doc_stride: int
    max_question_len: int | None = None
    handle_impossible_answer: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """Questions over documents: every question is answered from all contexts together.

    The fields are the names by which the caller knows each of them, and the prefix is that of the options'
    names; errors speak of them.
    """

    questions: tuple[str, ...]
    contexts: tuple[str, ...]
    question_fields: tuple[str, ...]
    context_fields: tuple[str, ...]
    options: Options
    options_prefix: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A possible answer at code points [start, end) of document number ``document``.

    There the context reads like the answer, but that the card's decoding spells it as its vocabulary does.

    ``score`` is a probability in [0, 1]. For "no answer" the answer is empty and the place None; a
    card-decoded slice that reaches beyond the context has no place either.
    """

    answer: str
    score: float
    start: int | None
    end: int | None
    document: int | None


@dataclass(frozen=True, slots=True)
class Answers:
    """The spans found for one question, likeliest first (at least one), and the probability that there is none."""

    spans: tuple[Span, ...]
    no_answer_score: float
