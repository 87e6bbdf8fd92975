"""Layout and noise: texts change their form, and what is asked for stays where it was."""

import random

import pytest

from training.examples.everyday.edits import apply, moved
from training.examples.everyday.layout import Style, draw_style, restyle
from training.examples.everyday.noise import INVISIBLE, SPACED, UNBROKEN, WRAPPED, noise

TABLE = "品名 | 値段 | 数\n鮭 | 320円 | 2\nおにぎり | 90円 | 12\n・送料は別"
LIST = "持ち物\n・水筒\n・帽子"
PLAIN = Style("・", " | ", "\n", aligned=False, markdown=False)
SENTENCES = "本日は10時から13時まで会議があります。場所は三階です。" * 6


def styled(text: str, style: Style) -> str:
    return apply(text, restyle(text, style))


def test_edits_replace_insert_and_delete_in_order() -> None:
    assert apply("あいうえお", [(0, 0, "x"), (1, 2, ""), (3, 4, "yz"), (5, 5, "!")]) == "xあうyzお!"


def test_a_span_keeps_its_text_and_grows_by_what_is_inside() -> None:
    edits = [(0, 1, "xyz"), (2, 2, "-"), (3, 3, "\n"), (4, 4, "-")]
    text = apply("あいうえお", edits)
    assert text[slice(*moved((2, 4), edits))] == "う\nえ"
    assert text[slice(*moved((1, 2), edits))] == "い"
    assert text[slice(*moved((4, 5), edits))] == "お"


def test_the_plain_style_changes_nothing() -> None:
    assert styled(TABLE, PLAIN) == TABLE
    assert styled(LIST, PLAIN) == LIST


def test_items_and_line_ends_take_the_style() -> None:
    assert styled(LIST, Style("- ", " | ", "\n\n", aligned=False, markdown=False)) == "持ち物\n\n- 水筒\n\n- 帽子"


def test_a_table_keeps_its_lines() -> None:
    tabs = styled(TABLE, Style("*", "\t", " ", aligned=False, markdown=False))
    assert tabs == "品名\t値段\t数\n鮭\t320円\t2\nおにぎり\t90円\t12\n*送料は別"


def test_columns_are_aligned_by_the_width_of_their_characters() -> None:
    aligned = styled(TABLE, Style("・", "\t", "\n", aligned=True, markdown=False))
    assert aligned == "品名      値段   数\n鮭        320円  2\nおにぎり  90円   12\n・送料は別"


def test_a_markdown_table_has_a_rule_and_outer_bars() -> None:
    table = styled(TABLE, Style("・", "\t", "\n", aligned=False, markdown=True))
    assert table == ("| 品名 | 値段 | 数 |\n|---|---|---|\n| 鮭 | 320円 | 2 |\n| おにぎり | 90円 | 12 |\n・送料は別")


@pytest.mark.parametrize("text", [TABLE, LIST, SENTENCES])
@pytest.mark.parametrize("change", [lambda text, rng: restyle(text, draw_style(rng)), noise])
def test_every_word_is_found_where_it_was_moved(text: str, change: object) -> None:
    assert callable(change)
    for seed in range(300):
        edits = change(text, random.Random(seed))
        changed = apply(text, edits)
        for word in ("品名", "90円", "12", "帽子", "三階", "10時から13時まで"):
            if word in text:
                at = text.index(word)
                found = changed[slice(*moved((at, at + len(word)), edits))]
                assert "".join(c for c in found if c not in "\n\u200b\ufeff\u00ad 　") == word


def test_noise_has_its_shares_and_is_drawn_from_the_generator_alone() -> None:
    found = [apply(SENTENCES, noise(SENTENCES, random.Random(seed))) for seed in range(4000)]
    assert found[:50] == [apply(SENTENCES, noise(SENTENCES, random.Random(seed))) for seed in range(50)]
    wrapped = sum("\n" in text for text in found) / len(found)
    spaced = sum(" " in text or "　" in text for text in found) / len(found)
    invisible = sum(bool({*"\u200b\ufeff\u00ad"} & {*text}) for text in found) / len(found)
    assert (wrapped, spaced, invisible) == pytest.approx((WRAPPED, SPACED, INVISIBLE), abs=0.015)


def test_a_share_of_the_lists_lose_their_line_breaks() -> None:
    found = [apply(LIST, noise(LIST, random.Random(seed))) for seed in range(4000)]
    assert sum("\n" not in text for text in found) / len(found) == pytest.approx(UNBROKEN, abs=0.015)
    assert {text for text in found if "\n" not in text} == {LIST.replace("\n", space) for space in " 　"}


def test_wrapped_lines_are_of_one_width_and_part_no_number() -> None:
    wrapped = [
        lines
        for seed in range(300)
        if len(lines := apply(SENTENCES, noise(SENTENCES, random.Random(seed))).split("\n")) > 1
    ]
    assert wrapped
    for lines in wrapped:
        assert max(map(len, lines[:-1])) - min(map(len, lines[:-1])) <= 2
        assert not any(line[0] in "。、0" for line in lines)
