"""Both languages are complete; the choice of language."""

from dataclasses import fields
from string import Formatter

import pytest

from luke_qa_client._ui.places import Level
from luke_qa_client._ui.problems import Trouble
from luke_qa_client._ui.words import ENGLISH, JAPANESE, Language, Words, percent, preferred


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "ja"),
        ("ja", "ja"),
        ("ja-JP,ja;q=0.9,en;q=0.8", "ja"),
        ("en-US,en;q=0.9", "en"),
        ("en;q=0.5,ja;q=0.7", "ja"),
        ("en,ja", "en"),
        ("fr-FR,fr;q=0.9", "en"),
        ("*", "ja"),
        ("en;q=much, ja;q=0.1", "ja"),
    ],
)
def test_the_browser_chooses_the_language_and_japanese_is_the_default(header: str, language: Language) -> None:
    assert preferred(header) == language


def placeholders(sentence: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("field", [field.name for field in fields(Words) if field.type is str or field.type == "str"])
def test_both_languages_fill_in_the_same(field: str) -> None:
    japanese, english = getattr(JAPANESE, field), getattr(ENGLISH, field)
    assert japanese
    assert english
    assert placeholders(japanese) == placeholders(english)


@pytest.mark.parametrize("trouble", Trouble)
def test_every_trouble_has_a_sentence(trouble: Trouble) -> None:
    assert JAPANESE.troubles[trouble].endswith(("。", ")"))
    assert placeholders(JAPANESE.troubles[trouble]) == placeholders(ENGLISH.troubles[trouble])


def test_every_level_has_a_word_of_its_own() -> None:
    for words in (JAPANESE, ENGLISH):
        assert len({words.levels[level] for level in Level}) == 3


@pytest.mark.parametrize(
    ("score", "words"), [(0.0, "0.0%"), (0.0004, "<0.1%"), (0.0005, "0.1%"), (0.9692, "96.9%"), (1.0, "100.0%")]
)
def test_a_score_is_told_in_per_cent(score: float, words: str) -> None:
    assert percent(score) == words
