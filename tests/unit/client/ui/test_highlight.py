"""Answers are marked in any text."""

import re
from html import unescape
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from luke_qa_client import Answer, Span
from luke_qa_client._ui.highlight import mark_places, strength
from luke_qa_client._ui.places import Place, find_places

TEXT = "琵琶湖は、およそ四百万年前にできた。"


def places(text: str, *at: tuple[int, int], document: int = 0) -> tuple[Place, ...]:
    """Places of answers, best first."""
    best, *others = [Span(text[s:e], 0.9 / 2**rank, s, e, document) for rank, (s, e) in enumerate(at)]
    given = (best.answer, best.score, best.start, best.end, best.document)
    return find_places(Answer(*given, 0.0, "id", tuple(others)))


class Marks(HTMLParser):
    """Collects the text, and the text of each mark by its rank."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.marked: dict[int, str] = {}
        self.tags: set[str] = set()
        self._open: int | None = None
        self.feed(html)
        self.close()
        assert self._open is None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert self._open is None
        self._open = int((dict(attrs)["aria-describedby"] or "").removeprefix("answer-"))
        self.marked[self._open] = ""

    def handle_endtag(self, tag: str) -> None:
        self._open = None

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._open is not None:
            self.marked[self._open] += data


@st.composite
def texts_and_places(draw: st.DrawFn) -> tuple[str, tuple[Place, ...]]:
    text = draw(st.text(st.sampled_from("苺は好き😀<b>&amp;\"'`${}\n "), min_size=1, max_size=40))
    place = st.tuples(st.integers(0, len(text) - 1), st.integers(1, len(text))).filter(lambda p: p[0] < p[1])
    return text, places(text, *draw(st.lists(place, min_size=1, max_size=6, unique=True)))


@given(texts_and_places())
def test_the_html_reads_as_the_text_and_the_best_answer_of_every_place_is_marked(
    case: tuple[str, tuple[Place, ...]],
) -> None:
    text, found = case
    html = mark_places(text, 0, found)
    marks = Marks(html)
    assert marks.text == text
    assert marks.tags == {"mark"}
    assert marks.marked == {rank: place.best.answer for rank, place in enumerate(found)}
    for rank in range(len(found)):
        assert html.count(f'id="place-{rank}"') == 1


def test_what_a_user_wrote_is_never_markup() -> None:
    text = "<script>alert('苺')</script> & &amp; <mark id=\"place-0\">"
    start = text.index("苺")
    html = mark_places(text, 0, places(text, (start, start + 1)))
    outside = re.sub(r"<mark [^>]*>苺</mark>", "苺", html)
    assert not {"<", ">", '"', "'"} & set(outside)
    assert unescape(outside) == text


def test_answers_of_other_documents_and_no_answer_are_not_marked() -> None:
    assert mark_places(TEXT, 0, places(TEXT, (0, 3), document=1)) == TEXT
    assert mark_places(TEXT, 0, find_places(Answer("", 0.6, None, None, None, 0.6, "id"))) == TEXT


def test_the_best_answer_has_the_strongest_colour() -> None:
    none = Answer("", 0.9, None, None, None, 0.9, "id", (Span("琵琶湖", 0.06, 0, 3, 0), Span("四百万", 0.03, 8, 11, 0)))
    found = find_places(none)
    assert strength(1, found) == 1.0
    assert 0 < strength(2, found) < 1
