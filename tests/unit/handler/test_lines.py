"""Which line breaks are read through. An arrow in a text stands for a break that is; other breaks stay."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luke_qa.lines import join_lines, placed
from luke_qa.passage import with_passages
from luke_qa.query import Answers, Span

WRAPPED = [
    "この市の高齢化率は三十↵二パーセン↵トで、県の平均より高い。\n次の文。",
    "率は三十↵二パーセントである",
    "取扱説明書をよく読↵んで、正しくお使いくださ↵い。",
    "電源コードは、付属の↵ものを使う",
    "コンピュ↵ータの↵歴史",
    "令和↵5年の人口は12↵万人である",
    "昭和五十↵年に開館した",
    "税率は10↵%",
    "消費電力量は、およそ〇↵・三五キロワット時です。",
    "受付は午前九時から↵Web サイトで行う",
    "これは段落の一行目で、幅いっぱいの長さがある行だ↵二行目",
    # A long line is filled, whatever stands in it.
    "本装置使用上注意事項一覧表及保守点検記録簿↵別紙参照",
]
KEPT = [
    # blank lines
    "名前は山\n\n田です",
    "名前は山\r\n\r\n田です",
    "名前は山\n 　\n田です",
    # the end of a sentence
    "雨が降る。\n明日は晴れる。",
    "彼は「はい。」\nと言った",
    # headings
    "第三章 設置の手順\n本機は、水平に置く。",
    "3.2 設置の手順\n本機は、水平に置く。",
    "【重要】\n本機は、水平に置く。",
    "設置の手順\n本機は、水平な場所に設置してください。",
    "はじめに\n本書は、製品の説明書である。",
    "ブリオッシュ\nブリオッシュは、卵とバターを使うパンである。",
    "安全にお使いいただくために\n本機は屋内で使います。",
    "LUKEとは\n日本語のモデル",
    # lists, with marks and without
    "持ち物は\n・筆記用具\n・水筒",
    "持ち物は\n1. 筆記用具\n2. 水筒",
    "持ち物は\n（1）筆記用具\n② 水筒\nア）弁当",
    "苺\n梨\n桃",
    "リンゴ\nバナナ\nメロン",
    "東京タワー\nスカイツリー",
    "開館時間\n九時から五時\n休館日\n月曜日",
    "一\n二\n三",
    # tables
    "料金は\t千円\n割引は\t百円",
    "| 名前は | 値は |\n| 苺 | 三 |",
    "大人は　　八百円　　平日\n子供は　　四百円　　平日",
    "10\n20\n30",
    # a label
    "田中：はい、行きます\n佐藤：わかりました",
    # an indented paragraph
    "本機は水平な場所に置き、使う\n　電源は、家庭用のものを使う",
    # English
    "This is a line,\nand this is another",
    "",
    "\n",
    "一行は",
]


@pytest.mark.parametrize("text", WRAPPED)
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_a_wrapped_line_is_read_through(text: str, line_break: str) -> None:
    assert join_lines(text.replace("↵", line_break)).text == text.replace("↵", "")


@pytest.mark.parametrize("text", KEPT)
def test_other_breaks_stay(text: str) -> None:
    assert join_lines(text).text == text


def test_the_blanks_around_a_break_go_with_it() -> None:
    assert join_lines("・電源を入れる前に、 \n　コードを確認する").text == "・電源を入れる前に、コードを確認する"


@given(st.text("あは三ア、。A1・ 　\t\r\n|", max_size=60))
def test_only_breaks_and_blanks_go_and_every_character_knows_its_place(text: str) -> None:
    reading = join_lines(text)
    assert len(reading.sources) == len(reading.text)
    assert [text[place] for place in reading.sources] == list(reading.text)
    assert set(range(len(text))) - set(reading.sources.tolist()) <= {i for i, c in enumerate(text) if c in " 　\t\r\n"}
    assert reading.text.split() == [] or "".join(reading.text.split()) == "".join(text.split())


def test_an_answer_is_placed_in_the_text_as_given() -> None:
    text = "率は三十\n二パーセン\nトである"
    reading = join_lines(text)
    start = reading.text.index("三十")
    answers = Answers((Span("三十二パーセント", 0.9, start, start + 8, 0), Span("", 0.1, None, None, None)), 0.1, 0.9)
    found, nothing = placed(answers, [reading]).spans
    assert (found.answer, text[found.start : found.end]) == ("三十二パーセント", "三十\n二パーセン\nト")
    assert nothing.start is None


def test_a_passage_is_placed_in_the_text_as_given() -> None:
    text = "港である。率は三十\n二パーセン\nトである。町だ。"
    reading = join_lines(text)
    start = reading.text.index("三十")
    answers = Answers((Span("三十二パーセント", 0.9, start, start + 8, 0),), 0.1, 0.9)
    (found,) = placed(with_passages(answers, [reading.text], "sentence"), [reading]).spans
    assert found.passage is not None
    assert found.passage.text == "率は三十二パーセントである。"
    assert text[found.passage.start : found.passage.end] == "率は三十\n二パーセン\nトである。"


@pytest.mark.parametrize("unit", ["\n", "あは", "三\n", "あ　", "。」", "率は三十二であ\nる", "ァ", "、\n"])
def test_the_time_grows_with_the_length_only(unit: str) -> None:
    """The patterns do not backtrack: 20 times the text takes about 20 times as long, not 400 times."""

    def seconds(length: int) -> float:
        text, began = (unit * length)[:length], time.process_time()
        join_lines(text)
        return time.process_time() - began

    assert seconds(200_000) < 100 * max(min(seconds(10_000) for _ in range(3)), 0.002)
