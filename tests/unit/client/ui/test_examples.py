"""The examples of the page."""

from luke_qa_client._ui.examples import EXAMPLES, without_example
from luke_qa_client._ui.link import to_fragment


def test_an_example_makes_room_for_a_file_and_a_visitors_own_text_does_not() -> None:
    assert [without_example(text) for _, text in EXAMPLES] == [""] * len(EXAMPLES)
    assert without_example("私は苺が好きです。") == "私は苺が好きです。"


def test_every_example_has_a_link() -> None:
    assert all(to_fragment(question, text) for question, text in EXAMPLES)
