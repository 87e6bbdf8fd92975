"""What stands around an answer, as HTML."""

import re
from dataclasses import replace
from html import unescape

import pytest

from luke_qa_client import Answer
from luke_qa_client._ui.asides import copying, dropped, history, waiting
from luke_qa_client._ui.documents import Document, DroppedFile, refused
from luke_qa_client._ui.link import LONGEST, from_fragment
from luke_qa_client._ui.problems import Trouble
from luke_qa_client._ui.session import Asked, Session
from luke_qa_client._ui.words import ENGLISH, JAPANESE, WORDS, Words

BEST = Answer("苺", 0.9910, 2, 3, 0, 0.0201, "id")
ONE = Asked("何が好きですか", "私は苺が好きです。", (), BEST)
NONE = Asked("誰ですか", "雨", (), Answer("", 0.7, None, None, None, 0.7, "id"))
HOSTILE = "<img src=x onerror=alert(1)>\"'&.txt"


def of(asked: Asked) -> Session:
    return Session().answered(asked)


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html))


def test_files_are_listed_with_their_pages_and_one_that_is_not_searched_with_the_reason() -> None:
    pages = tuple(Document("一", "説明.pdf", number) for number in (1, 2))
    files = (DroppedFile("説明.pdf", pages), DroppedFile("a.txt", (Document("一", "a.txt"),)))
    html = dropped((*files, refused("壊.pdf", Trouble.DAMAGED)), JAPANESE)
    assert [text_of(item) for item in re.findall(r"<li.*?</li>", html)] == [
        "説明.pdf 2 ページ ×",
        "a.txt ×",
        "「壊.pdf」は壊れているか、拡張子が中身と異なるため、読み取れません。 検索しません ×",
    ]
    assert 'aria-label="「a.txt」を外す"' in html
    assert dropped((), JAPANESE) == ""


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_nothing_that_a_user_wrote_is_markup(words: Words) -> None:
    files = (DroppedFile(HOSTILE, (Document(HOSTILE, HOSTILE, 1),)), refused(HOSTILE, Trouble.DAMAGED))
    asked = Asked(HOSTILE, HOSTILE, (), replace(BEST, answer=HOSTILE, start=0, end=len(HOSTILE)))
    for html in (dropped(files, words), copying(of(asked), words), history(of(asked), words)):
        assert "<img" not in html
        assert "onerror=alert(1)>" not in html
        assert not re.search(r'="[^"]*\'[^"]*"[^ >/]', html)


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_the_wait_is_told_with_its_seconds_and_can_be_cancelled(words: Words) -> None:
    html = waiting(words)
    assert f'<span role="status">{words.waiting}</span>' in html
    assert '<span class="seconds">0</span>' in html
    assert f"data-cancel>{words.cancel}</button>" in html
    assert f'<p class="cancelled" role="status">{words.cancelled}</p>' in html
    assert '<p class="failed" role="alert">' in html
    assert '<p class="large" role="alert">' in html


def test_the_answer_and_a_link_can_be_copied() -> None:
    html = copying(of(ONE), JAPANESE)
    values = [unescape(value) for value in re.findall('data-value="(.*?)"', html)]
    assert values[0] == "苺"
    assert from_fragment(values[1]) == ("何が好きですか", "私は苺が好きです。")
    assert copying(Session(), JAPANESE) == ""


def test_what_is_not_there_is_not_copied() -> None:
    for asked in (NONE, replace(ONE, answer=replace(BEST, confidence="none"))):
        assert re.findall('data-copy="(.*?)"', copying(of(asked), JAPANESE)) == ["fragment"]


def test_without_a_link_it_says_why() -> None:
    long = copying(of(replace(ONE, pasted="苺" * LONGEST)), JAPANESE)
    assert "文章が長いため、リンクにできません。" in long
    with_file = replace(ONE, files=(DroppedFile("a.txt", (Document("一", "a.txt"),)),))
    assert "A link cannot hold files." in copying(of(with_file), ENGLISH)
    assert "data-value" not in long.partition("</button>")[2]


def test_the_history_has_the_newest_first_and_says_what_was_found() -> None:
    session = of(ONE).answered(NONE).answered(replace(ONE, answer=replace(BEST, confidence="none"))).showing(1)
    html = history(session, JAPANESE)
    items = [(index, text_of(item)) for index, item in re.findall(r'data-earlier="(\d)".*?>(.*?)</button>', html)]
    assert items == [("2", "何が好きですか 答えなし"), ("1", "誰ですか 答えなし"), ("0", "何が好きですか 苺")]
    assert re.findall(r'data-earlier="(\d)" aria-current', html) == ["1"]
    assert "data-forget" in html
    assert history(Session(), JAPANESE) == ""
