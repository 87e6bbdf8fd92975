"""Answers highlighted in their text, as HTML. All text comes from users and is escaped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby, pairwise

from .._answers import Span
from .words import percent


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text inside which no answer starts or ends.

    Attributes:
        text: the piece.
        start: its offset in code points.
        answers: the ranks of the answers that cover it, best (0) first.
    """

    text: str
    start: int
    answers: tuple[int, ...]

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    def answer_at(self, depth: int) -> int | None:
        """Return the answer whose mark is at this depth around the segment, counted from outside, or None."""
        return self.answers[depth] if depth < len(self.answers) else None


def cut_segments(text: str, places: Mapping[int, tuple[int, int]]) -> list[Segment]:
    """Cut ``text`` at the start and end of every answer; ``places`` are the answers' [start, end) by rank."""
    borders = sorted({0, len(text)}.union(*places.values()))
    return [
        Segment(text[start:end], start, tuple(sorted(r for r, (s, e) in places.items() if s <= start and end <= e)))
        for start, end in pairwise(borders)
    ]


def mark_answers(text: str, document: int, answers: Sequence[Span]) -> str:
    """Return ``text`` as HTML, with each answer (best first) in this document in a ``mark``.

    Marks nest. The best answer is always a single mark. Where two answers overlap, the better one is outside, and the
    rest of the other follows in a second mark. The first mark of an answer has an id, and one of its marks the score.
    """
    places = {
        rank: (span.start, span.end)
        for rank, span in enumerate(answers)
        if span.document == document and span.start is not None and span.end is not None
    }
    segments = cut_segments(text, places)
    scored = {rank: _outermost(rank, segments).end for rank in places}

    def html(run: Sequence[Segment], depth: int) -> str:
        """Return the HTML of these segments inside their ``depth`` common marks."""
        parts = []
        for rank, group in groupby(run, lambda segment: segment.answer_at(depth)):
            inside = list(group)
            if rank is None:
                parts.append("".join(escape(segment.text) for segment in inside))
                continue
            attributes = [f'aria-describedby="answer-{rank}"', f'style="--strength:{strength(rank, answers):.2f}"']
            if rank == 0:
                attributes.append('class="best"')
            if inside[0].start == places[rank][0]:
                attributes.append(f'id="place-{rank}"')
            if inside[-1].end == scored[rank]:
                attributes.append(f'data-score="{escape(percent(answers[rank].score))}"')
            parts.append(f"<mark {' '.join(attributes)}>{html(inside, depth + 1)}</mark>")
        return "".join(parts)

    return html(segments, 0)


def strength(rank: int, answers: Sequence[Span]) -> float:
    """Return the strength of an answer's colour, 1 for the best; the square root keeps weak answers visible."""
    best = max(answer.score for answer in answers if answer.start is not None)
    return (answers[rank].score / best) ** 0.5 if best > 0 else 1.0


def _outermost(rank: int, segments: Sequence[Segment]) -> Segment:
    """Return the last of the segments where this answer is nested least deeply."""
    own = [segment for segment in segments if rank in segment.answers]
    return max(own, key=lambda segment: (-segment.answers.index(rank), segment.start))
