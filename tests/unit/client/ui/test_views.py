"""A session rendered as HTML."""

import re
from dataclasses import replace
from html import unescape

import pytest

from luke_qa_client import Answer, Span
from luke_qa_client._answers import Confidence
from luke_qa_client._ui.documents import Document
from luke_qa_client._ui.feedback import Verdict
from luke_qa_client._ui.session import Asked, Problem, Session, Trouble
from luke_qa_client._ui.views import details, headline, history_choices, verdict
from luke_qa_client._ui.words import ENGLISH, JAPANESE, WORDS, Words

BEST = Answer("苺", 0.9692, 2, 3, 0, 0.0201, "id", (Span("私", 0.01, 0, 1, 0),))
ONE = Asked("何が好きですか", (Document("私は苺が好きです。"),), BEST)
MANY = Asked(
    "何が好きですか",
    (Document("今日は雨です。"), Document("私は苺が好きです。", "<b>好き.txt")),
    Answer("苺", 0.9, 2, 3, 1, 0.02, "id"),
)
NONE = Asked("誰ですか", (Document("雨"),), Answer("", 0.7, None, None, None, 0.7, "id", (Span("雨", 0.2, 0, 1, 0),)))


def of(asked: Asked) -> Session:
    return Session().answered(asked)


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html))


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_a_first_visit_is_told_what_to_do(words: Words) -> None:
    assert words.ask in headline(Session(), words)
    assert details(Session(), words) == ""
    assert history_choices(Session(), words) == []


def test_the_best_answer_comes_first_with_its_score() -> None:
    assert text_of(headline(of(ONE), JAPANESE)) == "何が好きですか苺 96.9%"


def judged(confidence: Confidence, place_score: float | None = 0.7) -> Session:
    return of(replace(ONE, answer=replace(BEST, score=0.4, place_score=place_score, confidence=confidence)))


def test_beside_the_best_answer_stands_the_probability_of_its_place() -> None:
    assert text_of(headline(judged("high"), JAPANESE)) == "何が好きですか苺 70.0%"
    assert text_of(headline(judged("high", None), JAPANESE)) == "何が好きですか苺 40.0%"


def test_an_unsure_answer_is_called_so() -> None:
    html = headline(judged("low"), JAPANESE)
    assert 'class="best low"' in html
    assert text_of(html) == "何が好きですか苺 自信なし 70.0%"


def test_what_is_probably_not_in_the_text_is_said_instead_of_the_guess_which_is_folded_up_beneath() -> None:
    html = headline(judged("none"), JAPANESE)
    said, guess = html.split("<details")
    assert text_of(said) == "何が好きですか答えは、おそらく書かれていません 2.0%"
    assert 'class="best"' not in html
    assert guess.startswith(' class="guess">')
    assert "苺" in guess
    listed = details(judged("none"), JAPANESE)
    assert listed.startswith('<details class="guesses"><summary>')
    assert 'class="text weak"' in listed


def test_the_visitor_is_asked_whether_it_is_right_and_told_what_was_noted() -> None:
    assert verdict(Session(), JAPANESE) == ""
    asked = verdict(of(ONE), JAPANESE)
    assert re.findall('data-verdict="(.+?)"', asked) == ["right", "wrong", "span", "none"]
    right = of(ONE).judged(Verdict(0, 2, 3))
    assert text_of(verdict(right, JAPANESE)) == "正しい答えとして「苺」を記録しました。 取り消す"
    assert text_of(verdict(of(ONE).judged(Verdict()), ENGLISH)) == "Noted: the answer is not in the text. Undo"
    assert verdict(right.judged(None), JAPANESE) == asked


def test_every_answer_is_listed_with_its_score_and_leads_to_its_place() -> None:
    html = details(of(ONE), JAPANESE)
    items = re.findall(r'<li id="answer-(\d)">(.*?)</li>', html)
    assert [(rank, text_of(item)) for rank, item in items] == [("0", "苺96.9%"), ("1", "私1.0%")]
    for rank, item in items:
        assert f'data-place="{rank}"' in item
        assert f'id="place-{rank}"' in html
    assert "答えがない確率: 2.0%" in html


def test_a_single_text_stands_open_without_a_name_above() -> None:
    assert "<details" not in details(of(ONE), JAPANESE)


def test_of_many_texts_those_with_an_answer_are_open_and_named() -> None:
    html = details(of(MANY), ENGLISH)
    folds = re.findall(r"<details( open)?><summary>(.*?)</summary>", html)
    assert [(fold, text_of(name)) for fold, name in folds] == [
        ("", "Text 1 no answer"),
        (" open", "<b>好き.txt answers: 1"),
    ]
    assert "<b>" not in html
    assert text_of(re.findall(r"<li.*?</li>", html)[0]) == "苺 <b>好き.txt90.0%"


def test_of_a_long_file_only_the_pages_with_an_answer_are_shown_with_their_numbers() -> None:
    pages = tuple(Document("私は苺が好きです。", "<説明>.pdf", number) for number in range(1, 61))
    asked = Asked("何が好きですか", pages, Answer("苺", 0.9, 2, 3, 11, 0.02, "id", (Span("私", 0.05, 0, 1, 39),)))
    html = details(of(asked), JAPANESE)
    names = [text_of(name) for name in re.findall(r"<summary>(.*?)</summary>", html)]
    assert names == ["<説明>.pdf 12 ページ 答え: 1 件", "<説明>.pdf 40 ページ 答え: 1 件"]
    assert "ほかの 58 件の文章には答えがありません。" in html
    assert text_of(re.findall(r"<li.*?</li>", html)[0]) == "苺 <説明>.pdf 12 ページ90.0%"


def test_no_answer_is_said_as_such_and_leads_nowhere() -> None:
    assert text_of(headline(of(NONE), JAPANESE)) == "誰ですか答えは、おそらく書かれていません 70.0%"
    first, second = re.findall(r"<li.*?</li>", details(of(NONE), JAPANESE))
    assert (text_of(first), "data-place" in first) == ("答えなし70.0%", False)
    assert "data-place" in second


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("trouble", Trouble)
def test_a_problem_is_one_sentence_in_which_nothing_of_a_user_is_markup(words: Words, trouble: Trouble) -> None:
    html = headline(Session().failed(Problem(trouble, "<img src=x>.txt {0} {detail}")), words)
    assert re.fullmatch(r'<p class="problem">[^<>]*</p>', html)
    assert text_of(html).count("<img src=x>.txt {0} {detail}") == words.troubles[trouble].count("{detail}")
    assert details(Session().failed(Problem(trouble)), words) == ""


def test_the_history_has_the_newest_first_and_says_what_was_found() -> None:
    session = of(ONE).answered(NONE).answered(replace(ONE, answer=replace(BEST, confidence="none")))
    assert history_choices(session, JAPANESE) == [
        ("何が好きですか → 答えなし", 2),
        ("誰ですか → 答えなし", 1),
        ("何が好きですか → 苺", 0),
    ]


def test_a_question_is_escaped() -> None:
    asked = Asked("<script>何</script>", ONE.documents, BEST)
    assert "<script" not in headline(of(asked), JAPANESE)
