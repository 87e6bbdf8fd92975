"""From logits to answers: the most probable spans over all windows of all documents.

A span of context tokens i..j has the energy ``start[i] + end[j']``, where j' is j, or j + 1 if the checkpoint's end
label is exclusive. If several windows contain the span, the highest energy counts. "No answer" has the energy
``start[0] + end[0]`` of the ``<s>`` token. Here the window with the lowest energy counts, because one window with an
answer refutes it.

A score is the probability under one softmax over every span of at most ``max_answer_len`` tokens in every document, and
"no answer". This shared normalisation (Clark and Gardner, 2018) makes scores comparable across windows and documents.
The scores of one question sum to at most 1. Spans that ``boundaries`` rules out have no part in it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from luke_qa.backends.base import Logits
from luke_qa.boundaries import allowed_spans
from luke_qa.choices import EndLabel
from luke_qa.confidence import Confidence, Thresholds, judge
from luke_qa.place import UNSCALED, PlattScaling, overlap_energy, place_score
from luke_qa.query import Answers, Options, Span
from luke_qa.tokenizer import TokenizedText
from luke_qa.windows import Window

# Several token spans may yield the same answer once stripped, so more are sorted than requested; if these run out, the
# rest follow.
FIRST_CANDIDATES = 64

Energies = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A context with its tokens, its windows for one question, and their logits."""

    context: str
    tokens: TokenizedText
    windows: Sequence[Window]
    logits: Sequence[Logits]


def decode_spans(
    documents: Sequence[Document],
    options: Options,
    end_label: EndLabel,
    temperature: float,
    answer_boundaries: bool = True,
    place_scaling: PlattScaling = UNSCALED,
    thresholds: Thresholds | None = None,
) -> Answers:
    """Return the ``top_k`` most probable distinct spans of one question (fewer only if there are no more).

    With ``answer_boundaries``, only spans that ``boundaries`` allows are considered. ``place_scaling`` calibrates the
    probability of the best span's place, and ``thresholds`` decide how sure the answer is.
    """
    shift = 1 if end_label is EndLabel.EXCLUSIVE else 0
    bands = [_span_energies(document, options.max_answer_len, shift) / temperature for document in documents]
    if answer_boundaries:
        for document, band in zip(documents, bands, strict=True):
            band[~allowed_spans(document.context, document.tokens, options.max_answer_len)] = -np.inf
    null = _null_energy(documents) / temperature
    log_total = np.logaddexp.reduce([null, *(_log_sum_exp(band) for band in bands)])

    def probability(energy: float) -> float:
        return float(np.exp(min(0.0, energy - log_total)))

    no_answer = Span("", probability(null), None, None, None)
    spans = list[Span]()
    place = 0.0
    for energy, number, start, end in _distinct_spans(documents, bands):
        answer = documents[number].context[start:end]
        if not spans:
            around = overlap_energy(bands[number], documents[number].tokens, start, end)
            place = place_score(probability(around), probability(energy), place_scaling)
        spans.append(Span(answer, probability(energy), start, end, number))
        if len(spans) == options.top_k:
            break
    if options.handle_impossible_answer or not spans:
        spans = sorted([*spans, no_answer], key=lambda span: -span.score)[: options.top_k]
    best = spans[0]
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
        energies = start[:, None] + sliding_window_view(padded, max_answer_len)
        part = band[window.context_start : window.context_end]
        np.maximum(part, energies, out=part)
    return band


def _null_energy(documents: Sequence[Document]) -> float:
    return min(float(logits.start[0]) + float(logits.end[0]) for document in documents for logits in document.logits)


def _log_sum_exp(energies: Energies) -> float:
    if not energies.size:
        return -np.inf
    peak = energies.max()
    return float(peak + np.log(np.exp(energies - peak).sum()))


def _distinct_spans(documents: Sequence[Document], bands: Sequence[Energies]) -> Iterator[tuple[float, int, int, int]]:
    """Yield (energy, document, start, end), highest first, without empty answers or duplicate positions."""
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
