"""A session rendered as HTML."""

import re
from dataclasses import replace
from html import unescape

import pytest

from luke_qa_client import Answer, Span
from luke_qa_client._answers import Confidence
from luke_qa_client._ui.documents import Document, DroppedFile
from luke_qa_client._ui.feedback import Verdict
from luke_qa_client._ui.problems import Problem, Trouble
from luke_qa_client._ui.session import Asked, Session
from luke_qa_client._ui.views import details, headline, verdict
from luke_qa_client._ui.words import ENGLISH, JAPANESE, WORDS, Words

BEST = Answer("苺", 0.9923, 2, 3, 0, 0.0201, "id", (Span("私", 0.01, 0, 1, 0),))
ONE = Asked("何が好きですか", "私は苺が好きです。", (), BEST)
MANY = Asked(
    "何が好きですか",
    "今日は雨です。",
    (DroppedFile("<b>好き.txt", (Document("私は苺が好きです。", "<b>好き.txt"),)),),
    Answer("苺", 0.9, 2, 3, 1, 0.02, "id"),
)
NONE = Asked("誰ですか", "雨", (), Answer("", 0.7, None, None, None, 0.7, "id", (Span("雨", 0.2, 0, 1, 0),)))


def of(asked: Asked) -> Session:
    return Session().answered(asked)


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html))


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_a_first_visit_is_told_what_to_do(words: Words) -> None:
    assert words.ask in headline(Session(), words)
    assert details(Session(), words) == ""


def test_the_best_answer_comes_first_with_its_score() -> None:
    assert text_of(headline(of(ONE), JAPANESE)) == "何が好きですか苺 確かさ 高 99.2%"


def judged(confidence: Confidence, place_score: float | None = 0.7) -> Session:
    return of(replace(ONE, answer=replace(BEST, score=0.4, place_score=place_score, confidence=confidence)))


def test_beside_the_best_answer_stands_the_probability_of_its_place() -> None:
    assert text_of(headline(judged("high"), JAPANESE)) == "何が好きですか苺 確かさ 高 70.0%"
    assert text_of(headline(judged("high", None), JAPANESE)) == "何が好きですか苺 確かさ 高 40.0%"


def test_an_unsure_answer_is_called_so() -> None:
    html = headline(judged("low"), JAPANESE)
    assert 'class="best low"' in html
    assert text_of(html) == "何が好きですか苺 自信なし 確かさ 中 70.0%"


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
    assert [(rank, text_of(item)) for rank, item in items] == [("0", "苺確かさ 高 99.2%"), ("1", "私確かさ 低 1.0%")]
    for rank, item in items:
        assert f'data-place="{rank}"' in item
        assert f'id="place-{rank}"' in html
    assert "答えがない確率: 2.0%" in html


def test_answers_that_overlap_are_one_item_with_the_others_folded_up_and_one_mark() -> None:
    text = "点検は、月に1回です。"
    spans = tuple(Span(text[s:e], score, s, e, 0) for s, e, score in ((6, 8, 0.277), (4, 6, 0.02), (4, 7, 0.1)))
    html = details(of(Asked("何回ですか", text, (), Answer("月に1回", 0.24, 4, 8, 0, 0.2, "id", spans))), JAPANESE)
    assert html.count("<li id=") == 1
    assert html.count("<mark") == 1
    (variants,) = re.findall(r'<details class="variants">(.*?)</details>', html)
    assert text_of(variants) == "範囲の異なる答え 3 件1回 27.7%月に 2.0%月に1 10.0%"
    assert "63.7%" in html


def test_no_percentage_stands_in_the_text() -> None:
    (text,) = re.findall(r'<div class="text".*?</div>', details(of(ONE), JAPANESE))
    assert "%" not in text
    assert text_of(text) == "私は苺が好きです。"


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
    assert text_of(re.findall(r"<li.*?</li>", html)[0]) == "苺 <b>好き.txtcertainty high 90.0%"


def test_of_a_long_file_only_the_pages_with_an_answer_are_shown_with_their_numbers() -> None:
    pages = tuple(Document("私は苺が好きです。", "<説明>.pdf", number) for number in range(1, 61))
    files = (DroppedFile("<説明>.pdf", pages),)
    asked = Asked("何が好きですか", "", files, Answer("苺", 0.9, 2, 3, 11, 0.02, "id", (Span("私", 0.05, 0, 1, 39),)))
    html = details(of(asked), JAPANESE)
    names = [text_of(name) for name in re.findall(r"<summary>(.*?)</summary>", html)]
    assert names == ["<説明>.pdf 12 ページ 答え: 1 件", "<説明>.pdf 40 ページ 答え: 1 件"]
    assert "ほかの 58 件の文章には答えがありません。" in html
    assert text_of(re.findall(r"<li.*?</li>", html)[0]) == "苺 <説明>.pdf 12 ページ確かさ 高 90.0%"


def test_no_answer_is_said_as_such_and_leads_nowhere() -> None:
    assert text_of(headline(of(NONE), JAPANESE)) == "誰ですか答えは、おそらく書かれていません 70.0%"
    first, second = re.findall(r"<li.*?</li>", details(of(NONE), JAPANESE))
    assert (text_of(first), "data-place" in first) == ("答えなし確かさ 高 70.0%", False)
    assert "data-place" in second


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("trouble", Trouble)
def test_a_problem_is_one_sentence_in_which_nothing_of_a_user_is_markup(words: Words, trouble: Trouble) -> None:
    html = headline(Session().failed(Problem(trouble, "<img src=x>.txt {0} {detail}")), words)
    assert re.fullmatch(r'<p class="problem">[^<>]*</p>', html)
    assert text_of(html).count("<img src=x>.txt {0} {detail}") == words.troubles[trouble].count("{detail}")
    assert details(Session().failed(Problem(trouble)), words) == ""


def test_a_question_is_escaped() -> None:
    asked = replace(ONE, question="<script>何</script>")
    assert "<script" not in headline(of(asked), JAPANESE)
