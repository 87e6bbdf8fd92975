import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luke_qa.confidence import Confidence
from luke_qa.errors import InvalidOption, TooLarge
from luke_qa.query import Answers, Options, Passage, Query, Span
from luke_qa.request import Names, Request
from luke_qa.response import answer_response, error_response
from luke_qa.schema import Document, NativeAnswer
from tests.support.texts import any_text

CONTEXT = "🍓苺𠮷を"
OPTIONS = Options(top_k=1, max_answer_len=30, max_seq_len=128, doc_stride=0)
REQUEST = Request(
    Query(("何？",), (CONTEXT,), OPTIONS),
    Names(),
    is_task=False,
    is_question_list=False,
    is_utf16=False,
    deadline_ms=None,
)
BEST, SECOND, NOTHING = Span("苺", 0.5, 1, 2, 0), Span("𠮷を", 0.25, 2, 4, 0), Span("", 0.125, None, None, None)


def written(request: Request, *spans: Span) -> Any:
    response = answer_response(request, [Answers(spans, 0.125, 0.75, Confidence.LOW)], "id 1", 10_000)
    assert response.code == 200
    return json.loads(response.body.decode("utf-8"))


def test_a_native_answer_is_the_best_one_with_all_of_them_beside_it() -> None:
    best = {"answer": "苺", "score": 0.5, "start": 1, "end": 2, "document": 0}
    second = {"answer": "𠮷を", "score": 0.25, "start": 2, "end": 4, "document": 0}
    expected = best | {
        "no_answer_score": 0.125,
        "place_score": 0.75,
        "confidence": "low",
        "answers": [best, second],
        "windows": {"read": 1, "of": 1},
        "request_id": "id 1",
    }
    assert written(REQUEST, BEST, SECOND) == expected


def test_no_answer_has_no_place() -> None:
    answer = written(REQUEST, NOTHING, BEST)
    assert (answer["answer"], answer["start"], answer["end"], answer["document"]) == ("", None, None, None)


def test_many_questions_get_a_list_in_order() -> None:
    request = replace(REQUEST, is_question_list=True)
    response = answer_response(request, [Answers((BEST,), 0, 0.75), Answers((SECOND,), 0, 0.75)], "id 1", 10_000)
    assert [item["answer"] for item in json.loads(response.body)] == ["苺", "𠮷を"]
    assert len(written(request, BEST)) == 1


def test_the_task_schema_counts_in_the_callers_unit() -> None:
    answer = written(replace(REQUEST, is_task=True, is_utf16=True), BEST)
    assert answer == {"answer": "苺", "score": 0.5, "start": 2, "end": 3}
    assert written(replace(REQUEST, is_task=True, is_utf16=True), NOTHING)["start"] == 0


def test_the_task_schema_gives_one_object_or_a_list() -> None:
    task = replace(REQUEST, is_task=True)
    assert written(task, BEST) == {"answer": "苺", "score": 0.5, "start": 1, "end": 2}
    several = replace(task, query=replace(task.query, options=replace(OPTIONS, top_k=3)))
    assert [item["answer"] for item in written(several, BEST, SECOND)] == ["苺", "𠮷を"]
    assert isinstance(written(several, BEST), list)


def test_no_answer_of_the_task_schema_stands_at_the_beginning() -> None:
    assert written(replace(REQUEST, is_task=True), NOTHING) == {"answer": "", "score": 0.125, "start": 0, "end": 0}


@given(context=any_text.filter(len), data=st.data())
def test_utf16_offsets_cut_the_same_answer_in_javascript(context: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(context) - 1))
    end = data.draw(st.integers(start + 1, len(context)))
    request = replace(REQUEST, is_utf16=True, query=replace(REQUEST.query, contexts=(context,)))
    answer = written(request, Span(context[start:end], 0.5, start, end, 0))
    javascript = context.encode("utf-16-le")  # what String.prototype.slice cuts, two bytes a unit
    assert javascript[2 * answer["start"] : 2 * answer["end"]].decode("utf-16-le") == answer["answer"]


def test_utf16_offsets_count_in_the_document_of_the_answer() -> None:
    query = replace(REQUEST.query, contexts=("苺", "🍓🍓苺"))
    answer = written(replace(REQUEST, is_utf16=True, query=query), Span("苺", 0.5, 2, 3, 1))
    assert (answer["start"], answer["end"]) == (4, 5)


def test_text_is_not_escaped() -> None:
    assert "苺".encode() in answer_response(REQUEST, [Answers((BEST,), 0, 0.75)], "id 1", 10_000).body


def test_an_answer_beyond_the_limit_is_too_large() -> None:
    body = answer_response(REQUEST, [Answers((BEST,), 0, 0.75)], "id 1", 10_000).body
    assert answer_response(REQUEST, [Answers((BEST,), 0, 0.75)], "id 1", len(body)).body == body
    with pytest.raises(TooLarge, match=str(len(body) - 1)):
        answer_response(REQUEST, [Answers((BEST,), 0, 0.75)], "id 1", len(body) - 1)


def test_an_error_carries_its_own_status() -> None:
    response = error_response(InvalidOption("top_k must be 1.", "top_k"), "id 1")
    assert response.code == 400
    assert json.loads(response.body) == {
        "code": 400,
        "type": "invalid_option",
        "message": "top_k must be 1.",
        "error": "top_k must be 1.",
        "field": "top_k",
        "request_id": "id 1",
    }


anything = st.text(st.characters())  # half surrogate pairs included


@given(message=anything, field=st.none() | anything, request_id=anything)
def test_any_error_can_be_written(message: str, field: str | None, request_id: str) -> None:
    answer = json.loads(error_response(InvalidOption(message, field), request_id).body.decode("utf-8"))
    assert (answer["message"], answer["field"], answer["request_id"]) == (message, field, request_id)


def test_what_a_document_is_called_and_the_text_around_come_with_the_answer() -> None:
    documents = (Document(text="苺"), Document(text=CONTEXT, id="p12", title="果物"))
    request = replace(
        REQUEST, query=replace(REQUEST.query, contexts=("苺", CONTEXT)), documents=documents, is_utf16=True
    )
    best = replace(BEST, document=1, passage=Passage("🍓苺𠮷", 0, 3))
    answer = written(request, best, replace(BEST, start=0, end=1), NOTHING)
    first, second, nothing = answer["answers"]
    assert (first["id"], first["title"]) == ("p12", "果物")
    assert first["passage"] == {"text": "🍓苺𠮷", "start": 0, "end": 5}
    assert not {"id", "title", "passage"} & second.keys()
    assert not {"id", "title", "passage"} & nothing.keys()
    assert {name: answer[name] for name in first} == first
    assert NativeAnswer.model_validate(answer)
