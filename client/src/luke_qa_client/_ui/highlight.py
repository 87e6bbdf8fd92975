"""Answers marked in the text that they stand in, as HTML. Texts are users': everything is escaped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby, pairwise

from .._answers import Span
from .words import percent


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text inside which no answer begins or ends.

    Attributes:
        text: the stretch.
        start: where it begins, in code points.
        answers: the ranks of the answers that cover it, the best (0) first.
    """

    text: str
    start: int
    answers: tuple[int, ...]

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    def answer_at(self, depth: int) -> int | None:
        """Return the answer whose mark is the `depth`-th around this segment, from outside."""
        return self.answers[depth] if depth < len(self.answers) else None


def cut_segments(text: str, places: Mapping[int, tuple[int, int]]) -> list[Segment]:
    """Cut `text` at every border of an answer; `places` are the answers' [start, end) by rank."""
    borders = sorted({0, len(text)}.union(*places.values()))
    return [
        Segment(text[start:end], start, tuple(sorted(r for r, (s, e) in places.items() if s <= start and end <= e)))
        for start, end in pairwise(borders)
    ]


def mark_answers(text: str, document: int, answers: Sequence[Span]) -> str:
    """Return `text` as HTML, in which ``mark`` holds each of the answers (best first) that stands in this document.

    Marks nest. The best answer is always one whole mark; of two answers that overlap the better is outside, and what
    the other has beyond it stands beside it in a second mark. The first mark of an answer has an id, one its score.
    """
    places = {
        rank: (span.start, span.end)
        for rank, span in enumerate(answers)
        if span.document == document and span.start is not None and span.end is not None
    }
    segments = cut_segments(text, places)
    scored = {rank: _outermost(rank, segments).end for rank in places}

    def html(run: Sequence[Segment], depth: int) -> str:
        """Return these segments, which share `depth` marks, without those."""
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
    """Return how strong an answer's colour is, the best one's being 1; the root leaves something to the weak ones."""
    best = max(answer.score for answer in answers if answer.start is not None)
    return (answers[rank].score / best) ** 0.5 if best > 0 else 1.0


def _outermost(rank: int, segments: Sequence[Segment]) -> Segment:
    """Return the last of the segments in which this answer is inside the fewest others."""
    own = [segment for segment in segments if rank in segment.answers]
    return max(own, key=lambda segment: (-segment.answers.index(rank), segment.start))
