"""From logits to answers: the most probable spans over all windows of all documents.

A span of context tokens i..j has the energy ``start[i] + end[j']``, where j' is j, or j + 1 if the checkpoint's end
label is exclusive. If several windows contain the span, the highest energy counts. "No answer" has the energy
``start[0] + end[0]`` of the ``<s>`` token. Here the window with the lowest energy counts, because one window with an
answer refutes it. A window's prior, which is 0 unless windows were left out, is added to the energy of its spans, and
makes it refute less.

A score is the probability under one softmax over every span of at most ``max_answer_len`` tokens in every document, and
"no answer". This shared normalisation (Clark and Gardner, 2018) makes scores comparable across windows and documents.
The scores of one question sum to at most 1. Spans that ``boundaries`` rules out have no part in it. A place in text
that several documents share (``overlaps``) is one span with the highest of its energies, as if several windows
contained it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from luke_qa.backends.base import Logits
from luke_qa.boundaries import allowed_spans
from luke_qa.choices import EndLabel
from luke_qa.overlaps import Overlap, move_shared
from luke_qa.query import Answers, Options, Span
from luke_qa.selection import is_too_low, may_join
from luke_qa.tokenizer import IntArray, TokenizedText
from luke_qa.windows import Window

# Several token spans may yield the same answer once stripped, so more are sorted than requested; if these run out, the
# rest follow.
FIRST_CANDIDATES = 64

Energies = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A context with its tokens, its windows for one question, and their logits.

    It is document number ``number`` of the query, or the part of that document that begins at code point ``offset``.
    """

    context: str
    tokens: TokenizedText
    windows: Sequence[Window]
    logits: Sequence[Logits]
    number: int = 0
    offset: int = 0

    def places(self, shift: int) -> tuple[IntArray, IntArray]:
        """Return the starts and ends of the tokens, in characters, plus ``shift``."""
        return self.tokens.starts + shift, self.tokens.ends + shift


def decode_spans(
    documents: Sequence[Document],
    options: Options,
    end_label: EndLabel,
    temperature: float,
    answer_boundaries: bool = True,
    overlaps: Sequence[Overlap] = (),
) -> Answers:
    """Return the ``top_k`` most probable distinct spans of one question (fewer only if there are no more).

    With ``answer_boundaries``, only spans that ``boundaries`` allows are considered. A place that documents share
    according to ``overlaps`` counts once, in the first of them.
    """
    shift = 1 if end_label is EndLabel.EXCLUSIVE else 0
    bands = [_span_energies(document, options.max_answer_len, shift) / temperature for document in documents]
    if answer_boundaries:
        for document, band in zip(documents, bands, strict=True):
            band[~allowed_spans(document.context, document.tokens, options.max_answer_len)] = -np.inf
    _merge_overlaps(documents, bands, overlaps)
    null = _null_energy(documents) / temperature
    log_total = np.logaddexp.reduce([null, *(_log_sum_exp(band) for band in bands)])

    def probability(energy: float) -> float:
        return float(np.exp(min(0.0, energy - log_total)))

    no_answer = Span("", probability(null), None, None, None)
    spans = list[Span]()
    for energy, index, start, end in _distinct_spans(documents, bands):
        document = documents[index]
        answer, place = document.context[start:end], (document.offset + start, document.offset + end)
        span = Span(answer, probability(energy), *place, document.number)
        if is_too_low(span, options):
            break
        if may_join(span, spans, options):
            spans.append(span)
        if len(spans) == options.top_k:
            break
    if options.handle_impossible_answer or not spans:
        spans = sorted([*spans, no_answer], key=lambda span: -span.score)[: options.top_k]
    return Answers(tuple(spans), no_answer.score)


def _span_energies(document: Document, max_answer_len: int, shift: int) -> Energies:
    """[context tokens, max_answer_len]: the energy of the span from token i over d + 1 tokens, or -inf."""
    band = np.full((len(document.tokens), max_answer_len), -np.inf)
    for window, logits in zip(document.windows, document.logits, strict=True):
        shown = window.context_end - window.context_start
        start = logits.start[window.first : window.first + shown].astype(np.float64)
        end = logits.end[window.first + shift : window.first + shift + shown].astype(np.float64)
        padded = np.concatenate((end, np.full(max_answer_len - 1, -np.inf)))
        energies = start[:, None] + sliding_window_view(padded, max_answer_len) + window.prior
        part = band[window.context_start : window.context_end]
        np.maximum(part, energies, out=part)
    return band


def _merge_overlaps(documents: Sequence[Document], bands: Sequence[Energies], overlaps: Sequence[Overlap]) -> None:
    by_number = defaultdict[int, list[tuple[Document, Energies]]](list)
    for document, band in zip(documents, bands, strict=True):
        by_number[document.number].append((document, band))
    for overlap in overlaps:
        for first, target in by_number[overlap.first]:
            for second, source in by_number[overlap.second]:
                move_shared(source, second.places(second.offset + overlap.offset), target, first.places(first.offset))


def _null_energy(documents: Sequence[Document]) -> float:
    return min(
        float(logits.start[0]) + float(logits.end[0]) - window.prior
        for document in documents
        for window, logits in zip(document.windows, document.logits, strict=True)
    )


def _log_sum_exp(energies: Energies) -> float:
    if not energies.size:
        return -np.inf
    peak = energies.max()
    return float(peak + np.log(np.exp(energies - peak).sum()))


def _distinct_spans(documents: Sequence[Document], bands: Sequence[Energies]) -> Iterator[tuple[float, int, int, int]]:
    """Yield (energy, index, start, end) of the spans of ``documents``, highest first, none empty and no place twice."""
    flat = np.concatenate([band.ravel() for band in bands])
    offsets = np.cumsum([0, *(band.size for band in bands)])
    seen: set[tuple[int, int, int]] = set()
    for index in _descending(flat):
        number = int(np.searchsorted(offsets, index, side="right")) - 1
        document, band = documents[number], bands[number]
        first, extra = divmod(int(index - offsets[number]), band.shape[1])
        place = strip(
            document.context,
            int(document.tokens.starts[first]),
            int(document.tokens.ends[first + extra]),
        )
        if place is not None and (number, *place) not in seen:
            seen.add((number, *place))
            yield float(flat[index]), number, *place


def _descending(energies: Energies) -> Iterator[np.intp]:
    """Yield indices of the finite energies, highest first. Some are repeated, as only a few are sorted at first."""
    available = int(np.isfinite(energies).sum())
    wanted = FIRST_CANDIDATES
    while True:
        wanted = min(wanted, available)
        rest = energies.size - wanted
        top = np.sort(np.argpartition(energies, rest)[rest:]) if wanted else np.arange(0)
        # Stable: equal energies come in text order.
        yield from top[np.argsort(-energies[top], kind="stable")]
        if wanted == available:
            return
        wanted *= 8


def strip(context: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the position without leading and trailing whitespace, or None if nothing is left."""
    text = context[start:end]
    stripped = text.strip()
    if not stripped:
        return None
    start += len(text) - len(text.lstrip())
    return start, start + len(stripped)
