"""One engine of the pool."""

import json

import pyarrow
import pytest

from bulk.answering import RESULTS, Answerer
from luke_qa.service import Received, Service, open_engine
from luke_qa.settings import Settings
from tests.support.checkpoints import EMBEDDED
from tests.support.scenarios import CONTEXT, QUESTION


@pytest.fixture(scope="module")
def answerer() -> Answerer:
    return Answerer(EMBEDDED, {"dtype": "float32"}, {"max_answer_len": 12}, ("質問", "本文"), "cpu")


def table(*rows: tuple[object, object]) -> pyarrow.Table:
    questions, contexts = zip(*rows, strict=True)
    return pyarrow.table({"n": list(range(len(rows))), "質問": questions, "本文": contexts})


def test_a_table_comes_back_with_the_answers_of_the_service(answerer: Answerer) -> None:
    answered = answerer(table((QUESTION, CONTEXT), ("いつですか", "会議は三月五日です。")))
    assert answered.column_names == ["n", "質問", "本文", *RESULTS.names]
    settings = Settings(dtype="float32")
    service = Service(open_engine(EMBEDDED, settings, "cpu"), settings)
    for row in answered.to_pylist():
        body = {"question": row["質問"], "context": row["本文"], "max_answer_len": 12}
        expected = json.loads(service.answer([Received({"body": body}, "")])[0].body)
        assert {name: row[name] for name in RESULTS.names[:2]} == {
            "answer": expected["answer"],
            "score": pytest.approx(expected["score"], abs=1e-5),  # a batch of another shape
        }
        assert row["error"] is None


def test_an_unusable_row_has_its_reason_and_the_others_their_answers(answerer: Answerer) -> None:
    rows = answerer(table((QUESTION, CONTEXT), (None, CONTEXT), (QUESTION, ""), (QUESTION, CONTEXT))).to_pylist()
    assert rows[0]["answer"] == rows[3]["answer"] != ""
    assert [row["error_type"] for row in rows] == [None, rows[1]["error_type"], rows[2]["error_type"], None]
    for row in rows[1:3]:
        assert row["answer"] is None
        assert row["error"]
        assert row["error_type"]


def test_a_context_may_be_a_list_of_texts(answerer: Answerer) -> None:
    (row,) = answerer(table(("いつですか", ["何もありません。", "会議は三月五日です。"]))).to_pylist()
    assert row["document"] == 1
