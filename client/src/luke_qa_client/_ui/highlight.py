"""Answers highlighted in their text, as HTML. All text comes from users and is escaped."""

from collections.abc import Sequence
from html import escape

from .places import Place


def mark_places(text: str, document: int, places: Sequence[Place]) -> str:
    """Return ``text`` as HTML, with the best answer of each place in this document in a ``mark``.

    Places do not overlap. A mark has an id and refers to its place in the list; nothing is added to the text.
    """
    marks = sorted(
        (place.best.start, place.best.end, rank)
        for rank, place in enumerate(places)
        if place.best.document == document and place.best.start is not None and place.best.end is not None
    )
    parts, at = [], 0
    for start, end, rank in marks:
        best = ' class="best"' if rank == 0 else ""
        attributes = f'id="place-{rank}" aria-describedby="answer-{rank}"{best}'
        style = f'style="--strength:{strength(rank, places):.2f}"'
        parts += [escape(text[at:start]), f"<mark {attributes} {style}>{escape(text[start:end])}</mark>"]
        at = end
    return "".join([*parts, escape(text[at:])])


def strength(rank: int, places: Sequence[Place]) -> float:
    """Return the strength of a place's colour, 1 for the best; the square root keeps weak answers visible."""
    best = max(place.score for place in places if place.best.start is not None)
    return float((places[rank].score / best) ** 0.5) if best > 0 else 1.0
