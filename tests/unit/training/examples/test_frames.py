"""Frames: how they are parsed and told."""

import random

import pytest

from training.data.leaks import find_leaks
from training.examples.everyday.cast import Cast
from training.examples.everyday.frames import Frame, load_frames, parse, tell
from training.examples.everyday.kinds import KINDS

CAST = Cast(("森さん", "妹"), ("辞典", "歩道"))
LOST = """\
# two lists, one frame
@room = 応接室 給湯室
@day = 月曜 火曜

> {who:person}は{day:day}、{thing:goods}を{room:room}に忘れ、<late:取りに戻った>ので遅れた。[急いでいた。|雨だった。]
who: {day}に{thing}を忘れたのは誰~ / {room}に{thing}を忘れたのは誰~
late: {who}は{thing}を忘れて何をしましたか
"""


def frame(text: str) -> Frame:
    (only,) = parse(text)
    return only


def test_slots_take_values_of_their_kind_and_marks_stay() -> None:
    for seed in range(20):
        (fact,) = tell(frame(LOST), 1, random.Random(seed), CAST)
        assert any(f"を{room}に忘れ、取りに戻ったので遅れた。" in fact.text for room in ("応接室", "給湯室"))
        assert fact.text.endswith(("急いでいた。", "雨だった。"))
        assert {fact.text[a.start : a.end] for a in fact.asked} >= {"取りに戻った"}
        assert not {*"{}<>[]"} & {*fact.text}


def test_a_question_holds_for_one_telling_only() -> None:
    for seed in range(200):
        facts = tell(frame(LOST), 3, random.Random(seed), CAST)
        questions = [
            asked.question.rstrip("?？。") for fact in facts for asked in fact.asked if "何を" in asked.question
        ]
        assert len({*questions}) == len(questions)


def test_what_cannot_be_told_apart_is_not_asked() -> None:
    one = frame("> {who:person}は本を読んだ。\nwho: 本を読んだのは誰~")
    assert tell(one, 1, random.Random(1), CAST)[0].asked
    assert not any(fact.asked for fact in tell(one, 2, random.Random(1), CAST))


def test_two_slots_of_a_kind_differ() -> None:
    two = frame("> {a:weekday}ではなく{b:weekday}に来る。\na: {b}でないのは何曜日~")
    for seed in range(100):
        for fact in tell(two, 3, random.Random(seed), CAST):
            assert fact.text[:3] != fact.text[7:10]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{who:person}は来た。", "begins with"),
        ("> {who:nobody}は来た。", "no such kind"),
        ("> {who}は来た。", "without a kind"),
        ("> {who:person}は来た。\nwhen: いつ来ましたか", "no such slot"),
        ("> {who:person}は来た。\nwho: {day}に来たのは誰~", "no such slot"),
        ("> {who:person}は来た。\nwho: 来たのは誰~(昨日)", "ends a question"),
        ("> {who:person}は来た。\nwho 来たのは誰~", "no such slot"),
        ("> {who:person}は来た。\nnone: {day}に来たのは誰~", "no such slot"),
        ("> {who:person}は来た。\nnone: {day:nothing}に来たのは誰~", "no such kind"),
        ("> {who:person}は来た。\nwho: {day:day}に来たのは誰~", "of its own"),
        ("> {none:person}は来た。", "must not be called"),
        ("@room = 応接室\n@room = 給湯室", "two lists"),
    ],
)
def test_a_malformed_frame_is_refused_with_its_reason(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(text)


def test_a_text_has_lines_and_bars() -> None:
    table = frame(r"> 品名 | 値段\n{a:food} | {p:money}[\|円|\|]" + "\np: {a}はいくら~")
    for seed in range(100):
        facts = tell(table, 2, random.Random(seed), CAST)
        for fact in facts:
            first, *rule, last = fact.text.split("\n")
            assert ("品名" in first, "値段" in first) == (True, True)
            assert all(set(line) <= {*"|-"} for line in rule)
            assert last.rstrip("| ").endswith("円")
            for asked in fact.asked:
                assert fact.text[asked.start : asked.end].endswith("円")
                assert "|" not in fact.text[asked.start : asked.end]


def test_a_near_miss_is_about_something_that_no_telling_has() -> None:
    lost = frame(LOST + "none: {other:person}が忘れたのは何~ / {thing}はいくら~ / {room}に{new:goods}を忘れたのは誰~\n")
    asked = set[str]()
    for seed in range(300):
        facts = tell(lost, 1 + seed % 3, random.Random(seed), CAST)
        for fact in facts:
            for question in fact.near_misses:
                asked.add(question[-7:])
                if "いくら" in question:
                    assert question.split("はいくら")[0] in fact.text
                elif "を忘れたのは誰" in question:
                    assert question.split("に", 1)[1].split("を忘れた")[0] not in "".join(f.text for f in facts)
                else:
                    assert question.split("が忘れたのは")[0] not in "".join(f.text for f in facts)
    assert len(asked) > 3


def test_near_misses_leave_the_text_and_its_questions_alone() -> None:
    plain = "> {a:food}は{p:money}、{b:food}は{q:money}です。\np: {a}はいくら~\nq: {b}はいくら~"
    for seed in range(50):
        (without,) = tell(frame(plain), 1, random.Random(seed), CAST)
        (fact,) = tell(frame(plain + "\nnone: {c:food}はいくら~"), 1, random.Random(seed), CAST)
        assert (fact.text, fact.asked) == (without.text, without.asked)
        assert (len(fact.near_misses), without.near_misses) == (1, ())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_draws_something_for_some_frame(kind: str) -> None:
    assert KINDS[kind](random.Random(1)).strip()
    assert any(f":{kind}}}" in each.text for frames in load_frames().values() for each in frames)


@pytest.mark.parametrize("topic", load_frames())
def test_every_frame_asks_and_leaves_no_markup(topic: str) -> None:
    for each in load_frames()[topic]:
        asked = set[str]()
        for seed in range(12):
            for fact in tell(each, 2 if seed % 2 else 1, random.Random(seed), CAST):
                assert not {*"{}<>[]~\\"} & {*fact.text}, fact.text
                assert not find_leaks(fact.text)
                for one in fact.asked:
                    assert not {*"{}<>[]|~"} & {*one.question}, one.question
                    assert fact.text[one.start : one.end].strip()
                    assert "\n" not in fact.text[one.start : one.end], one.question
                    asked.add(one.question)
                for question in fact.near_misses:
                    assert not {*"{}<>[]|~"} & {*question}, question
        assert asked, each.text
