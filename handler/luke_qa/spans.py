"""From logits to answers: the most probable spans over all windows of all documents.

A span of context tokens i..j has the energy ``start[i] + end[j']``, where j' is j, or j + 1 if the checkpoint's end
label is exclusive. If several windows contain the span, the highest energy counts. "No answer" has the energy
``start[0] + end[0]`` of the ``<s>`` token. Here the window with the lowest energy counts, because one window with an
answer refutes it. A window's prior, which is 0 unless windows were left out, is added to the energy of its spans, and
makes it refute less.

Training compares a window's spans and its "no answer" only with each other, so windows may differ by a constant that
means nothing. Where a checkpoint has learnt when there is no answer, that constant is taken out: all energies of a
window are relative to its own "no answer" (``relative_to_no_answer``), and are the logarithms of the odds that the span
answers the question rather than nothing in this window.

Each border in a span (``phrases``) takes ``phrase_weight`` off its energy, which is 0 unless it was fitted.

A score is the probability under one softmax over every span of at most ``max_answer_len`` tokens in every document, and
"no answer". This shared normalisation (Clark and Gardner, 2018) makes scores comparable across windows and documents.
The scores of one question sum to at most 1. Spans that ``boundaries`` rules out have no part in it. Token spans that
differ only in what is invisible at their ends are one answer, whose score is the sum of their probabilities. A place in
text that several documents share (``overlaps``) is one span with the highest of its energies, as if several windows
contained it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from luke_qa.backends.base import Logits
from luke_qa.boundaries import allowed_spans
from luke_qa.choices import EndLabel
from luke_qa.confidence import Confidence, Thresholds, judge
from luke_qa.overlaps import Overlap, move_shared
from luke_qa.phrases import phrase_borders
from luke_qa.place import UNSCALED, PlattScaling, overlap_energy, place_score
from luke_qa.query import Answers, Options, Span
from luke_qa.selection import is_too_low, may_join
from luke_qa.tokenizer import IntArray, TokenizedText
from luke_qa.visibility import visible_edges
from luke_qa.windows import Window

# So many spans are sorted at first; if they run out, more follow.
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


def relative_to_no_answer(document: Document) -> Document:
    """Return the document with the energies of every window relative to the window's own "no answer"."""
    relative = [Logits(logits.start - logits.start[0], logits.end - logits.end[0]) for logits in document.logits]
    return replace(document, logits=relative)


def decode_spans(
    documents: Sequence[Document],
    options: Options,
    end_label: EndLabel,
    temperature: float,
    answer_boundaries: bool = True,
    overlaps: Sequence[Overlap] = (),
    place_scaling: PlattScaling = UNSCALED,
    thresholds: Thresholds | None = None,
    phrase_weight: float = 0.0,
) -> Answers:
    """Return the ``top_k`` most probable distinct spans of one question (fewer only if there are no more).

    With ``answer_boundaries``, only spans that ``boundaries`` allows are considered. A place that documents share
    according to ``overlaps`` counts once, in the first of them. ``place_scaling`` calibrates the probability of the
    best span's place, ``thresholds`` decide how sure the answer is, and a border in a span costs ``phrase_weight``.
    """
    shift = 1 if end_label is EndLabel.EXCLUSIVE else 0
    bands = [_span_energies(document, options.max_answer_len, shift) / temperature for document in documents]
    edges = [visible_edges(document.context, document.tokens) for document in documents]
    if phrase_weight:
        for document, band, places in zip(documents, bands, edges, strict=True):
            band -= phrase_weight / temperature * phrase_borders(document.context, places, options.max_answer_len)
    if answer_boundaries:
        for document, band, places in zip(documents, bands, edges, strict=True):
            band[~allowed_spans(document.context, places, options.max_answer_len)] = -np.inf
    _merge_overlaps(documents, bands, overlaps)
    null = _null_energy(documents) / temperature
    log_total = np.logaddexp.reduce([null, *(_log_sum_exp(band) for band in bands)])

    def probability(energy: float) -> float:
        return float(np.exp(min(0.0, energy - log_total)))

    no_answer = Span("", probability(null), None, None, None)
    for band, (starts, ends) in zip(bands, edges, strict=True):
        _merge_places(band, starts, ends)
    spans = list[Span]()
    place: float | None = None
    for energy, index, start, end in _distinct_spans(bands, edges):
        document = documents[index]
        answer = document.context[start:end]
        start, end = document.offset + start, document.offset + end
        span = Span(answer, probability(energy), start, end, document.number)
        if place is None:
            around = _energy_around(documents, bands, overlaps, document.number, start, end)
            place = place_score(probability(around), span.score, place_scaling)
        if is_too_low(span, options):
            break
        if may_join(span, spans, options):
            spans.append(span)
        if len(spans) == options.top_k:
            break
    if options.handle_impossible_answer or not spans:
        spans = sorted([*spans, no_answer], key=lambda span: -span.score)[: options.top_k]
    best, place = spans[0], place or 0.0
    confidence = Confidence.NONE if best.start is None else judge(best.score, place, no_answer.score, thresholds)
    return Answers(tuple(spans), no_answer.score, place, confidence)


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


def _energy_around(
    documents: Sequence[Document],
    bands: Sequence[Energies],
    overlaps: Sequence[Overlap],
    number: int,
    start: int,
    end: int,
) -> float:
    """Return the joint energy of the spans that overlap the place [start, end) of document ``number``.

    The place may have been read in several regions, and in documents that share it.
    """
    shifts = {number: 0}  # by document: what to add to a position in ``number`` to get that of the same character
    shifts |= {overlap.second: -overlap.offset for overlap in overlaps if overlap.first == number}
    shifts |= {overlap.first: overlap.offset for overlap in overlaps if overlap.second == number}
    return float(
        np.logaddexp.reduce(
            [
                overlap_energy(band, document.tokens, start + shift, end + shift)
                for document, band in zip(documents, bands, strict=True)
                if document.number in shifts
                for shift in [shifts[document.number] - document.offset]
            ]
        )
    )


def _null_energy(documents: Sequence[Document]) -> float:
    return min(
        float(logits.start[0]) + float(logits.end[0]) - window.prior
        for document in documents
        for window, logits in zip(document.windows, document.logits, strict=True)
    )


def _log_sum_exp(energies: Energies) -> float:
    peak = energies.max(initial=-np.inf)
    if peak == -np.inf:  # no span at all: the difference below would not be a number
        return -np.inf
    return float(peak + np.log(np.exp(energies - peak).sum()))


def _merge_places(band: Energies, starts: IntArray, ends: IntArray) -> None:
    """Gather the probability of all token spans of one place in the first of them; the others become impossible."""
    count, width = band.shape
    first = np.arange(count)[:, None]
    last = np.minimum(first + np.arange(width), count - 1)
    band[starts[first] >= ends[last]] = -np.inf  # nothing in the span is visible
    shared = _is_repeated(starts)[first] | _is_repeated(ends)[last]  # [tokens, width]
    indices = np.flatnonzero(shared & np.isfinite(band))
    if not indices.size:
        return
    rows, extra = np.divmod(indices, width)
    keys = starts[rows] * (int(ends.max()) + 1) + ends[rows + extra]
    _, firsts, places = np.unique(keys, return_index=True, return_inverse=True)
    energies = band.ravel()[indices]
    peaks = np.full(len(firsts), -np.inf)
    np.maximum.at(peaks, places, energies)
    sums = np.bincount(places, np.exp(energies - peaks[places]))
    band.ravel()[indices] = -np.inf
    band.ravel()[indices[firsts]] = peaks + np.log(sums)


def _is_repeated(places: IntArray) -> NDArray[np.bool_]:
    """Whether a neighbour has the same place; equal places are adjacent."""
    same = places[1:] == places[:-1]
    repeated: NDArray[np.bool_] = np.append(same, False) | np.append(False, same)
    return repeated


def _distinct_spans(
    bands: Sequence[Energies], edges: Sequence[tuple[IntArray, IntArray]]
) -> Iterator[tuple[float, int, int, int]]:
    """Yield (energy, index, start, end) of the spans of the documents, highest first, each once."""
    flat = np.concatenate([band.ravel() for band in bands])
    offsets = np.cumsum([0, *(band.size for band in bands)])
    seen = set[int]()
    for index in map(int, _descending(flat)):
        if index in seen:
            continue
        seen.add(index)
        number = int(np.searchsorted(offsets, index, side="right")) - 1
        first, extra = divmod(index - int(offsets[number]), bands[number].shape[1])
        starts, ends = edges[number]
        yield float(flat[index]), number, int(starts[first]), int(ends[first + extra])


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
