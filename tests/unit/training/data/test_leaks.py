"""Training text does not contain the examples of tests and documents."""

import random
from pathlib import Path

import pytest

from tests.support.checkpoints import TOKENIZER_FILE
from training.data.encoding import Encoder
from training.data.leaks import FORBIDDEN, find_leaks
from training.examples.everyday import frames
from training.examples.everyday.source import EverydaySource

MODULES = sorted(Path(frames.__file__).parent.rglob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_no_template_and_no_slot_holds_an_example(module: Path) -> None:
    assert find_leaks(module.read_text("utf-8")) == []


@pytest.mark.parametrize("file", sorted(frames.DIRECTORY.glob("*.txt")), ids=lambda path: path.stem)
def test_no_file_of_frames_holds_an_example(file: Path) -> None:
    assert find_leaks(file.read_text("utf-8")) == []


def test_no_everyday_text_holds_an_example() -> None:
    source, rng = EverydaySource(Encoder(TOKENIZER_FILE), ("辞典", "歩道")), random.Random(1)
    for _ in range(1000):
        question, context, _ = source.compose(rng)
        assert find_leaks(question + context) == []


def test_the_answer_of_the_model_card_is_forbidden() -> None:
    assert "苺" in FORBIDDEN
    assert find_leaks("私の名前はEIMIです。") == ["EIMI"]


def test_everyday_answers_stand_where_they_are_said_to() -> None:
    source, rng = EverydaySource(Encoder(TOKENIZER_FILE), ()), random.Random(2)
    answerable = 0
    for _ in range(300):
        question, context, place = source.compose(rng)
        if place is not None:
            answerable += 1
            assert context[slice(*place)].strip()
            assert context[slice(*place)] not in question
    assert answerable > 200
