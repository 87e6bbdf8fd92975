"""More text than one request may have: asked in parts, whose answers are ranked together. No I/O.

Each part is a request of its own. The surroundings of the best answers of all parts are then asked together, in one
more request: its scores compare, as they come from one softmax.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest
from typing import Final

from ._answers import Answer, Passage, Span, Windows
from ._documents import Context, Document, texts_of
from ._request import AskOptions

# The server's default limits, see docs/wire.md.
MAX_DOCUMENTS: Final = 1000
MAX_CHARACTERS: Final = 400_000
MAX_ANSWERS: Final = 100

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
    in_points: AskOptions = {**options, "offsets": None}
    first: AskOptions = {**in_points, "passage": None}
    answers, finalists = list[Answer](), list[list[Piece]]()
    documents = [Document(item) if isinstance(item, str) else item for item in _as_list(context)]
    for part in split_documents(documents):
        answer = yield [piece.document for piece in part], first
        answers.append(answer)
        finalists.append(list(_surroundings(answer, part, documents, options)))
    windows = _sum(answers)
    chosen = _chosen(finalists)
    if not chosen:
        return replace(min(answers, key=lambda each: each.no_answer_score), windows=windows)
    # If a document is in several pieces, of which the server knows nothing, some of its answers are left out here.
    top_k = options.get("top_k") or 1
    in_pieces = top_k > 1 and len({piece.number for piece in chosen}) < len(chosen)
    last: AskOptions = {**in_points, "top_k": MAX_ANSWERS} if in_pieces else in_points
    final = yield [piece.document for piece in chosen], last
    kept = list[Span]()
    for span in (_moved(each, chosen) for each in (final.best, *final.alternatives)):
        if len(kept) < top_k and _may_join(span, kept, options):
            kept.append(span)
    moved = [_in_utf16(span, documents) for span in kept] if options.get("offsets") == "utf16" else kept
    best = {name: getattr(moved[0], name) for name in Span.__dataclass_fields__}
    return replace(final, **best, alternatives=tuple(moved[1:]), windows=windows)


def split_documents(documents: Sequence[Document]) -> Iterator[list[Piece]]:
    """Yield parts that fit into one request each. A document that does not fit is cut into pieces.

    The server refuses a part in which nothing can be read, so blank pieces are left out, unless there are no others.
    """
    part, characters = list[Piece](), 0
    all_blank = all(_is_blank(document.text) for document in documents)
    for number, document in enumerate(documents):
        for piece in _pieces(document, number):
            if _is_blank(piece.document.text) and not all_blank:
                continue
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


def _chosen(finalists: Sequence[Sequence[Piece]]) -> list[Piece]:
    """Return the best pieces of all parts, as many as fit into one request, in the order of the context."""
    ranked = [piece for piece in chain.from_iterable(zip_longest(*finalists)) if piece is not None]
    chosen, characters = list[Piece](), 0
    for piece in ranked[:MAX_DOCUMENTS]:
        characters += len(piece.document.text)
        if characters > MAX_CHARACTERS:
            break
        chosen.append(piece)
    return sorted(chosen, key=lambda piece: (piece.number, piece.offset))


def _is_blank(text: str) -> bool:
    """Return whether nothing in a text can be seen."""
    return not any(character.isprintable() and not character.isspace() for character in text)


def _moved(span: Span, pieces: Sequence[Piece]) -> Span:
    """Return the span at its place in the context."""
    if span.document is None or span.start is None or span.end is None:
        return span
    piece, passage = pieces[span.document], span.passage
    if passage is not None:
        passage = Passage(passage.text, piece.offset + passage.start, piece.offset + passage.end)
    start, end = piece.offset + span.start, piece.offset + span.end
    return replace(span, start=start, end=end, document=piece.number, passage=passage)


def _may_join(span: Span, chosen: Sequence[Span], options: AskOptions) -> bool:
    """Return whether the span is an answer beside the chosen ones, which score more. The server does it so, too."""
    same_document = [other for other in chosen if other.document == span.document]
    per_document, overlap = options.get("top_k_per_document"), options.get("overlap")
    if per_document is not None and len(same_document) >= per_document:
        return False
    return not any(_share_more(span, other, 1.0 if overlap is None else overlap) for other in same_document)


def _share_more(one: Span, other: Span, most: float) -> bool:
    """Return whether two spans of one document share more than this part of the shorter one, or have the same place."""
    if (one.start, one.end) == (other.start, other.end):
        return True
    if one.start is None or one.end is None or other.start is None or other.end is None:
        return False
    common = min(one.end, other.end) - max(one.start, other.start)
    return common / max(1, min(one.end - one.start, other.end - other.start)) > most


def _in_utf16(span: Span, documents: Sequence[Document]) -> Span:
    """Return the span with its place counted in UTF-16 code units."""
    if span.document is None or span.start is None or span.end is None:
        return span
    text, passage = documents[span.document].text, span.passage

    def place(position: int) -> int:
        return len(text[:position].encode("utf-16-le", "surrogatepass")) // 2

    if passage is not None:
        passage = Passage(passage.text, place(passage.start), place(passage.end))
    return replace(span, start=place(span.start), end=place(span.end), passage=passage)


def _sum(answers: Sequence[Answer]) -> Windows | None:
    known = [answer.windows for answer in answers if answer.windows is not None]
    return Windows(sum(each.read for each in known), sum(each.of for each in known)) if known else None


def _as_list(context: Context) -> Sequence[str | Document]:
    return [context] if isinstance(context, str | Document) else context
