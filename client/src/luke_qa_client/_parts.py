"""More text than one request may have: asked in parts, whose answers are ranked together. No I/O.

Each part is a request of its own. The surroundings of the best answers of all parts are then asked together, in one
more request: its scores compare, as they come from one softmax.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ._answers import Answer, Passage, Span, Windows
from ._documents import Context, Document, texts_of
from ._request import AskOptions

# The server's default limits, see docs/wire.md.
MAX_DOCUMENTS: Final = 1000
MAX_CHARACTERS: Final = 400_000

SHARED: Final = 1000  # characters that neighbouring pieces of one document share, so that an answer is whole in one
REACH: Final = 1000  # characters around an answer that are asked again, on each side

# Yields what to ask next, is sent the answer, and returns the answer to the whole.
Steps = Generator[tuple[Context, AskOptions], Answer, Answer]


@dataclass(frozen=True, slots=True)
class Piece:
    """``document`` is document number ``number`` of the context, or the part of it that begins at ``offset``."""

    document: Document
    number: int
    offset: int


def is_too_much(context: Context) -> bool:
    """Return whether the context has to be asked in parts."""
    texts = texts_of(context)
    return len(texts) > MAX_DOCUMENTS or sum(map(len, texts)) > MAX_CHARACTERS


def ask_in_parts(context: Context, options: AskOptions) -> Steps:
    """Ask the context part by part, and then the surroundings of the best answers together."""
    wanted_utf16 = options.get("offsets") == "utf16"
    in_points: AskOptions = {**options, "offsets": None}
    first: AskOptions = {**in_points, "passage": None}
    answers, finalists = list[Answer](), list[Piece]()
    documents = [Document(item) if isinstance(item, str) else item for item in _as_list(context)]
    for part in split_documents(documents):
        answer = yield [piece.document for piece in part], first
        answers.append(answer)
        finalists += _surroundings(answer, part, documents, options)
    windows = _sum(answers)
    if not finalists:
        return replace(min(answers, key=lambda each: each.no_answer_score), windows=windows)
    chosen = finalists[: _most_finalists(finalists)]
    final = yield [piece.document for piece in chosen], in_points
    moved = [_moved(span, chosen, documents, wanted_utf16) for span in (final.best, *final.alternatives)]
    best = {name: getattr(moved[0], name) for name in Span.__dataclass_fields__}
    return replace(final, **best, alternatives=tuple(moved[1:]), windows=windows)


def split_documents(documents: Sequence[Document]) -> Iterator[list[Piece]]:
    """Yield parts that fit into one request each. A document that does not fit is cut into pieces."""
    part, characters = list[Piece](), 0
    for number, document in enumerate(documents):
        for piece in _pieces(document, number):
            length = len(piece.document.text)
            if part and (len(part) == MAX_DOCUMENTS or characters + length > MAX_CHARACTERS):
                yield part
                part, characters = [], 0
            part.append(piece)
            characters += length
    if part:
        yield part


def _pieces(document: Document, number: int) -> Iterator[Piece]:
    text, start = document.text, 0
    while len(text) - start > MAX_CHARACTERS:
        yield Piece(replace(document, text=text[start : start + MAX_CHARACTERS]), number, start)
        start += MAX_CHARACTERS - SHARED
    yield Piece(replace(document, text=text[start:]), number, start)


def _surroundings(
    answer: Answer, part: Sequence[Piece], documents: Sequence[Document], options: AskOptions
) -> Iterator[Piece]:
    """Yield what is around each answer of a part, once for answers that are close together."""
    passage = options.get("passage")
    reach = max(REACH, passage) if isinstance(passage, int) else REACH
    covered = list[tuple[int, int, int]]()
    for span in (answer.best, *answer.alternatives):
        if span.document is None or span.start is None or span.end is None:
            continue
        piece = part[span.document]
        start, end = piece.offset + span.start, piece.offset + span.end
        if any(piece.number == number and begin <= start and end <= stop for number, begin, stop in covered):
            continue
        document = documents[piece.number]
        begin, stop = max(0, start - reach), min(len(document.text), end + reach)
        covered.append((piece.number, begin, stop))
        yield Piece(replace(document, text=document.text[begin:stop]), piece.number, begin)


def _most_finalists(finalists: Sequence[Piece]) -> int:
    characters = 0
    for count, piece in enumerate(finalists[:MAX_DOCUMENTS]):
        characters += len(piece.document.text)
        if characters > MAX_CHARACTERS:
            return count
    return min(len(finalists), MAX_DOCUMENTS)


def _moved(span: Span, pieces: Sequence[Piece], documents: Sequence[Document], utf16: bool) -> Span:
    """Return the span at its place in the context."""
    if span.document is None or span.start is None or span.end is None:
        return span
    piece = pieces[span.document]
    text = documents[piece.number].text

    def place(position: int) -> int:
        position += piece.offset
        return len(text[:position].encode("utf-16-le", "surrogatepass")) // 2 if utf16 else position

    passage = span.passage
    if passage is not None:
        passage = Passage(passage.text, place(passage.start), place(passage.end))
    return replace(span, start=place(span.start), end=place(span.end), document=piece.number, passage=passage)


def _sum(answers: Sequence[Answer]) -> Windows | None:
    known = [answer.windows for answer in answers if answer.windows is not None]
    return Windows(sum(each.read for each in known), sum(each.of for each in known)) if known else None


def _as_list(context: Context) -> Sequence[str | Document]:
    return [context] if isinstance(context, str | Document) else context
