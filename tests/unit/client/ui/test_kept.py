"""What a browser keeps of a session."""

import json
from copy import deepcopy
from typing import Any

import pytest

from luke_qa_client import Answer, Span
from luke_qa_client._answers import Windows
from luke_qa_client._ui.documents import Document, DroppedFile
from luke_qa_client._ui.feedback import Verdict
from luke_qa_client._ui.kept import from_json, to_json
from luke_qa_client._ui.problems import Problem, Trouble
from luke_qa_client._ui.session import KEPT_CHARACTERS, Asked, Session

TEXT = "私は苺が好きです。"
MANUAL = DroppedFile("説明.pdf", (Document("保証は", "説明.pdf", 1, True), Document("二年", "説明.pdf", 2, True)))
ONE = Asked(
    "何が好きですか",
    TEXT,
    (MANUAL,),
    Answer("苺", 0.9, 2, 3, 0, 0.1, "a", (Span("二", 0.01, 0, 1, 2),), 0.95, "high", windows=Windows(1, 2)),
)
NONE = Asked("誰ですか", TEXT, (MANUAL,), Answer("", 0.7, None, None, None, 0.7, "b"), Verdict(0, 0, 1))
SESSION = Session((ONE, NONE), 0)


def kept() -> Any:
    return json.loads(json.dumps(to_json(SESSION)))


def test_a_session_comes_back_as_it_was() -> None:
    assert from_json(kept()) == SESSION
    assert from_json(to_json(Session())) == Session()


def test_an_answer_across_the_lines_of_a_wrapped_file_comes_back() -> None:
    wrapped = DroppedFile("説明.pdf", (Document("保証は三十\n二 年です。", "説明.pdf", 1, True),))
    asked = Asked("何年ですか", "", (wrapped,), Answer("三十二年", 0.9, 3, 9, 0, 0.1, "a"))
    session = Session((asked, ONE), 0)
    assert from_json(json.loads(json.dumps(to_json(session)))) == session


def test_a_text_that_several_questions_share_is_written_once() -> None:
    written = json.dumps(to_json(SESSION), ensure_ascii=False)
    assert written.count(TEXT) == 1
    assert written.count("保証は") == 1


def test_a_problem_is_not_kept() -> None:
    assert from_json(to_json(SESSION.failed(Problem(Trouble.FAILED)))) == Session(SESSION.history)


def test_what_a_browser_has_no_room_for_is_left_out() -> None:
    long = Asked("長い", "苺" * (KEPT_CHARACTERS + 1), (), Answer("", 0.7, None, None, None, 0.7, "c"))
    assert to_json(Session((ONE, long), 1))["asked"] == []
    assert from_json(to_json(Session((long, ONE), 1))) == Session((ONE,), 0)


@pytest.mark.parametrize("kept", [None, {}, [], "text", 5, {"format": 0}, {"format": 1}])
def test_what_is_no_session_is_an_empty_one(kept: object) -> None:
    assert from_json(kept) == Session()


@pytest.mark.parametrize("value", [None, -1, 99, "<b>", [], {}, 1.5, True])
def test_whatever_is_changed_in_it_does_no_harm(value: object) -> None:
    """Each leaf in turn is replaced; what comes back can be shown, or is empty."""
    for path in leaves(kept()):
        changed = kept()
        place = changed
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = deepcopy(value)
        session = from_json(changed)
        for asked in session.history:
            assert isinstance(asked.question, str)
            assert all(isinstance(document.text, str) for document in asked.documents)
            for place_found in asked.places:
                span = place_found.best
                if span.start is not None:
                    assert asked.documents[span.document or 0].text[span.start : span.end] == span.answer


def leaves(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    below = [leaf for key, each in items for leaf in leaves(each, (*path, key))]
    return below if below or not path else [path]
