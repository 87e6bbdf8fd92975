"""Everyday examples: near misses have no answer, noise leaves answers in their place."""

import random

import pytest

from tests.support.checkpoints import TOKENIZER_FILE
from training.data.encoding import Encoder
from training.examples.everyday import source as everyday
from training.examples.everyday.frames import parse
from training.examples.everyday.source import NEAR_MISSES, EverydaySource

SHOP = r"""
> 【{shop:name}】\n・{a:food}: {p:money}\n・{b:food}: {q:money}
p: {shop}の{a}はいくら~
q: {shop}の{b}の値段は
none: {shop}の{c:food}はいくら~
"""


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> EverydaySource:
    monkeypatch.setattr(
        everyday, "load_frames", lambda: {"shop": parse(SHOP), "rest": parse("\n\n".join(["> 本日は休みです。"] * 5))}
    )
    monkeypatch.setattr(everyday, "_SCENE_SHARE", 0.0)
    return EverydaySource(Encoder(TOKENIZER_FILE), (), unanswerable=0.0)


def test_near_misses_are_a_share_of_the_questions_and_have_no_answer(shop: EverydaySource) -> None:
    rng, none = random.Random(1), 0
    for _ in range(1500):
        question, context, place = shop.compose(rng)
        if place is None:
            none += 1
            assert question.split("の", 1)[1].split("はいくら")[0] not in context
        else:
            assert context[slice(*place)].endswith("円")
    assert none / 1500 == pytest.approx(NEAR_MISSES, abs=0.04)


def test_a_run_begins_without_near_misses(shop: EverydaySource) -> None:
    rng = random.Random(1)
    assert all(shop.compose(rng, reach=0.0)[2] for _ in range(200))


def test_a_table_ends_with_its_last_line(shop: EverydaySource) -> None:
    rng, tables = random.Random(1), 0
    for _ in range(300):
        _, context, _ = shop.compose(rng)
        if "\n" in context and "】" in context:
            tables += 1
            assert "円本日" not in context
            assert "。【" not in context
    assert tables > 50


def test_an_example_without_an_answer_points_at_its_beginning(shop: EverydaySource) -> None:
    rng = random.Random(1)
    examples = [shop.draw(rng) for _ in range(200)]
    assert any((example.start, example.end) == (0, 0) for example in examples)
    assert any(0 < example.start < example.end for example in examples)


def test_the_same_seed_gives_the_same_examples() -> None:
    source = EverydaySource(Encoder(TOKENIZER_FILE), ("辞典", "歩道"))
    first, second = random.Random(3), random.Random(3)
    assert [source.compose(first) for _ in range(200)] == [source.compose(second) for _ in range(200)]
