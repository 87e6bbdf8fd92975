"""Links to a question and its text."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luke_qa_client._ui.link import LONGEST, from_fragment, to_fragment


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=50), st.text(max_size=50))
def test_a_link_is_plain_ascii_and_leads_back_to_its_question_and_text(question: str, text: str) -> None:
    fragment = to_fragment(question, text)
    assert fragment is not None
    assert fragment.isascii()
    assert not set(fragment) & set(" \n\"'<>`")
    assert from_fragment(fragment) == (question, text.encode(errors="replace").decode())


def test_a_link_can_be_read_and_written_by_hand() -> None:
    fragment = f"#question={quote('誰ですか')}&text={quote('私です & 😀')}"
    assert to_fragment("誰ですか", "私です & 😀") == fragment
    assert from_fragment(fragment) == ("誰ですか", "私です & 😀")
    assert from_fragment("#text=雨") == ("", "雨")


def test_a_text_that_is_too_long_has_no_link() -> None:
    length = (LONGEST - len("#question=&text=")) // len(quote("苺"))
    assert to_fragment("", "苺" * length) is not None
    assert to_fragment("", "苺" * (length + 1)) is None


@pytest.mark.parametrize(
    "fragment",
    ["", "#", "#top", "#details", "question", "#a=1", "#question=x&text=" + "a" * LONGEST, "#question=x" + "&a=1" * 9],
)
def test_what_is_no_link_of_ours_fills_in_nothing(fragment: str) -> None:
    assert from_fragment(fragment) is None
