"""Everyday examples: a seed gives the same texts and questions in every version."""

import hashlib
import random

from tests.support.checkpoints import TOKENIZER_FILE
from training.data.encoding import Encoder
from training.examples.everyday.cast import Cast
from training.examples.everyday.scenes import SCENES
from training.examples.everyday.source import EverydaySource

CAST = Cast(("森さん", "妹"), ("辞典", "歩道"))


def digest(examples: list[object]) -> str:
    text = "\n".join(map(repr, examples)).replace(", near_misses=()", "")  # scenes have none
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def test_a_seed_always_gives_the_same_facts_of_every_scene() -> None:
    found = {scene.__name__: digest([scene(random.Random(seed), CAST) for seed in range(200)]) for scene, _ in SCENES}
    assert found == {
        "deed": "09ee81a58fa89005",
        "trait": "75b26ee5ecd55583",
        "appointment": "041197a8e6d5e47a",
        "shopping": "6a524d30577c9d90",
        "reason": "c2d39b0dd43f5ed8",
        "rule": "7949bcb1825d61ad",
        "gift": "2c57298acfc09d38",
        "journey": "890ddde2793d18db",
    }


def test_a_seed_always_gives_the_same_examples() -> None:
    source, rng = EverydaySource(Encoder(TOKENIZER_FILE), ("辞典", "歩道")), random.Random(1)
    assert digest([source.compose(rng) for _ in range(500)]) == "f30eee0a490c5dd6"
