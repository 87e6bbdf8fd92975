"""Questions made from sentences."""

import random

import pytest

from training.data.morphology import Analyser
from training.examples.phrases import Class, Kind, Phrase, class_flags, noun_phrases
from training.examples.questions import ask
from training.examples.wording import interrogative, reword

SENTENCE = "青橋町の市場は1921年に鉄道会社の社長が駅の前に建てた。"


@pytest.fixture(scope="module")
def analyser() -> Analyser:
    return Analyser()


def morphemes(analyser: Analyser, text: str) -> tuple[list[str], list[int]]:
    found = analyser.analyse(text)
    table = class_flags(list(analyser.classes))
    surfaces = [text[s : s + n] for s, n in zip(found.starts, found.lengths, strict=True)]
    return surfaces, [table[code] for code in found.classes]


def phrases(analyser: Analyser, text: str) -> dict[str, Kind]:
    surfaces, flags = morphemes(analyser, text)
    return {"".join(surfaces[p.first : p.last]): p.kind for p in noun_phrases(surfaces, flags)}


def test_morphemes_cover_everything_but_white_space(analyser: Analyser) -> None:
    text = "青橋町 の市場は、\n1921年にできた。"
    surfaces, _ = morphemes(analyser, text)
    assert "".join(surfaces) == "".join(text.split())


def test_phrases_are_known_for_what_they_name(analyser: Analyser) -> None:
    found = phrases(analyser, SENTENCE)
    assert found["1921年"] is Kind.WHEN
    assert found["青橋町"] is Kind.WHERE
    assert phrases(analyser, "参加者は三百人だった。")["三百人"] is Kind.COUNT
    assert phrases(analyser, "森下先生が話した。")["森下先生"] is Kind.WHO


def test_a_question_never_contains_its_answer_and_a_seed_gives_one_question(analyser: Analyser) -> None:
    surfaces, flags = morphemes(analyser, SENTENCE)
    made = 0
    for phrase in noun_phrases(surfaces, flags):
        answer = "".join(surfaces[phrase.first : phrase.last])
        for seed in range(30):
            question = ask(surfaces, flags, phrase, random.Random(seed))
            assert question == ask(surfaces, flags, phrase, random.Random(seed))
            if question is not None:
                made += 1
                assert answer not in question
                assert 5 <= len(question) <= 100
    assert made > 60


def test_a_question_about_a_time_asks_for_a_time(analyser: Analyser) -> None:
    surfaces, flags = morphemes(analyser, SENTENCE)
    phrase = next(p for p in noun_phrases(surfaces, flags) if p.kind is Kind.WHEN)
    questions = [ask(surfaces, flags, phrase, random.Random(seed)) for seed in range(60)]
    asking = [q for q in questions if q and any(word in q for word in ("いつ", "何年", "年", "時", "日"))]
    assert len(asking) > 0.8 * len([q for q in questions if q])


def test_what_stands_in_brackets_is_not_asked_about(analyser: Analyser) -> None:
    surfaces, flags = morphemes(analyser, "市場（1921年開設）は駅の前にある大きな建物である。")
    inside = next(i for i, surface in enumerate(surfaces) if surface == "年")
    assert ask(surfaces, flags, Phrase(inside - 1, inside + 1, Kind.WHEN), random.Random(1)) is None


@pytest.mark.parametrize(
    ("kind", "answer", "tail", "words"),
    [
        (Kind.WHO, "森下誠", "誠", {"誰", "だれ"}),
        (Kind.WHERE, "青橋町", "町", {"どこ", "何町"}),
        (Kind.COUNT, "五万冊", "冊", {"何冊", "いくつ"}),
        (Kind.WHEN, "十六世紀", "世紀", {"いつ", "何世紀"}),
    ],
)
def test_the_interrogative_fits_the_answer(kind: Kind, answer: str, tail: str, words: set[str]) -> None:
    rng = random.Random(1)
    assert words <= {interrogative(kind, answer, tail, rng) for _ in range(200)}


def test_rewording_leaves_what_it_does_not_know() -> None:
    assert reword("青橋町", random.Random(1), share=1.0) == "青橋町"
    assert reword("設立した", random.Random(1), share=1.0) != "設立した"


def test_flags_tell_topics_numbers_and_periods(analyser: Analyser) -> None:
    surfaces, flags = morphemes(analyser, "駅は3階。")
    by_surface = dict(zip(surfaces, flags, strict=True))
    assert by_surface["は"] & Class.TOPIC
    assert by_surface["3"] & Class.NUMBER
    assert by_surface["。"] & Class.PERIOD
