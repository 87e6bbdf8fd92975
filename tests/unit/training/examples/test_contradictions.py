import random

import pytest

from training.examples.contradictions import contradict, names

CONTEXT = "ニコラウスは1543年に三十五頁の本をProlog社から出した。"
OTHERS = names(["ガリレオとニコラウスは誰ですか", "Prologとは何ですか", "Fortran"])


def test_names_are_the_words_in_katakana_and_latin_letters() -> None:
    assert OTHERS == ("Fortran", "Prolog", "ガリレオ", "ニコラウス")


@pytest.mark.parametrize("seed", range(20))
def test_a_name_becomes_one_that_the_context_lacks(seed: int) -> None:
    changed = contradict("ニコラウスは何を出したか", CONTEXT, OTHERS, random.Random(seed))
    assert changed in {"ガリレオは何を出したか", "Fortranは何を出したか"}


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("number", ["1543", "三十五"])
def test_a_number_becomes_another_of_the_same_length(number: str, seed: int) -> None:
    changed = contradict(f"{number}の本は誰のか", CONTEXT, OTHERS, random.Random(seed))
    assert changed is not None
    other = changed.removesuffix("の本は誰のか")
    assert other != number
    assert len(other) == len(number)
    assert not other.startswith("0")
    assert sum(a != b for a, b in zip(other, number, strict=True)) == 1


@pytest.mark.parametrize("question", ["本を出したのは誰か", "コペルニクスは何を出したか", "1999年に何があったか"])
def test_what_the_context_does_not_mention_is_not_exchanged(question: str) -> None:
    assert contradict(question, CONTEXT, OTHERS, random.Random(1)) is None
