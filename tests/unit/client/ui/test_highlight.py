"""Answers are marked in any text, however they overlap."""

import re
from html import unescape
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from luke_qa_client import Span
from luke_qa_client._ui.highlight import cut_segments, mark_answers, strength

TEXT = "琵琶湖は、およそ四百万年前にできた。"


def spans(text: str, *places: tuple[int, int], document: int = 0) -> list[Span]:
    """Answers at these places, best first."""
    return [Span(text[s:e], 0.9 / (rank + 1), s, e, document) for rank, (s, e) in enumerate(places)]


class Marks(HTMLParser):
    """Collects the text, and for each marked answer the text of its marks, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.marked: dict[int, list[str]] = {}
        self.tags: set[str] = set()
        self._open: list[int] = []
        self.feed(html)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        rank = int((dict(attrs)["aria-describedby"] or "").removeprefix("answer-"))
        self._open.append(rank)
        self.marked.setdefault(rank, []).append("")

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data
        for rank in self._open:
            self.marked[rank][-1] += data


@st.composite
def texts_and_answers(draw: st.DrawFn) -> tuple[str, list[Span]]:
    text = draw(st.text(st.sampled_from("苺は好き😀<b>&amp;\"'`${}\n "), min_size=1, max_size=40))
    place = st.tuples(st.integers(0, len(text) - 1), st.integers(1, len(text))).filter(lambda p: p[0] < p[1])
    return text, spans(text, *draw(st.lists(place, max_size=6, unique=True)))


@given(texts_and_answers())
def test_segments_join_to_the_very_text_and_know_their_answers(case: tuple[str, list[Span]]) -> None:
    text, answers = case
    places = {rank: (span.start or 0, span.end or 0) for rank, span in enumerate(answers)}
    segments = cut_segments(text, places)
    assert "".join(segment.text for segment in segments) == text
    for segment in segments:
        assert text[segment.start : segment.end] == segment.text
    for rank, span in enumerate(answers):
        assert "".join(segment.text for segment in segments if rank in segment.answers) == span.answer


@given(texts_and_answers())
def test_the_html_reads_as_the_text_and_every_answer_is_marked_whole(case: tuple[str, list[Span]]) -> None:
    text, answers = case
    html = mark_answers(text, 0, answers)
    marks = Marks(html)
    assert marks.text == text
    assert marks.tags <= {"mark"}
    assert {rank: "".join(parts) for rank, parts in marks.marked.items()} == {
        rank: span.answer for rank, span in enumerate(answers)
    }
    if answers:
        assert marks.marked[0] == [answers[0].answer]
    for rank in range(len(answers)):
        assert html.count(f'id="place-{rank}"') == 1
    assert html.count("data-score=") == len(answers)


def test_what_a_user_wrote_is_never_markup() -> None:
    text = "<script>alert('苺')</script> & &amp; <mark id=\"place-0\">"
    start = text.index("苺")
    html = mark_answers(text, 0, spans(text, (start, start + 1)))
    outside = re.sub(r"<mark [^>]*>苺</mark>", "苺", html)
    assert not {"<", ">", '"', "'"} & set(outside)
    assert unescape(outside) == text


def test_an_answer_inside_a_better_one_is_a_mark_inside_its_mark() -> None:
    html = mark_answers(TEXT, 0, spans(TEXT, (5, 13), (8, 13)))
    assert re.sub(r' (?!class)[\w-]+="[^"]*"', "", html) == (
        '琵琶湖は、<mark class="best">およそ<mark>四百万年前</mark></mark>にできた。'
    )


def test_an_answer_around_a_better_one_goes_on_beside_it() -> None:
    html = mark_answers(TEXT, 0, spans(TEXT, (8, 13), (5, 15)))
    assert re.sub(r' [\w-]+="[^"]*"', "", html) == (
        "琵琶湖は、<mark>およそ</mark><mark><mark>四百万年前</mark></mark><mark>にで</mark>きた。"
    )
    scored = re.search(r'<mark [^>]*data-score="45.0%"[^>]*>([^<]*)<', html)
    assert scored is not None
    assert scored[1] == "にで"  # the score is at the end of the answer, not inside the better one


def test_answers_of_other_documents_and_no_answer_are_not_marked() -> None:
    answers = [Span("", 0.6, None, None, None), *spans(TEXT, (0, 3), document=1)]
    assert mark_answers(TEXT, 0, answers) == TEXT


def test_the_best_answer_has_the_strongest_colour() -> None:
    answers = [Span("", 0.9, None, None, None), *spans(TEXT, (0, 3), (5, 13), (8, 13))]
    strengths = [strength(rank, answers) for rank in (1, 2, 3)]
    assert strengths == sorted(strengths, reverse=True)
    assert strengths[0] == 1.0
