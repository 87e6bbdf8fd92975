"""One engine of the pool."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow
import pytest

from bulk.answering import DOCUMENT_ID, RESULTS, Answerer, settings_of
from bulk.job import Corpus, Job, JobError
from luke_qa.service import Received, Service, open_engine
from luke_qa.settings import Settings
from luke_qa.tokenizer import TokenizedText, Tokenizer
from tests.support.checkpoints import EMBEDDED
from tests.support.scenarios import CONTEXT, QUESTION

JOB = Job(("in.jsonl",), "out", EMBEDDED, "質問", "本文", options={"max_answer_len": 12}, settings={"dtype": "float32"})
OVER_ALL = replace(JOB, corpus=Corpus(("corpus.jsonl",)))
NAMED = replace(JOB, corpus=Corpus(("corpus.jsonl",), documents="文書"))
DOCUMENTS = {
    "a": "会議は三月五日です。場所は第二会議室です。" * 40,
    "b": "",
    "c": CONTEXT,
    "d": "第二会議室の鍵は受付の田中さんが持っています。" + CONTEXT,
    "e": "会議は三月五日です。場所は第二会議室です。" * 40,
}
QUESTIONS = (QUESTION, "会議はいつですか", "鍵はだれが持っていますか")


@pytest.fixture(scope="module")
def answerer() -> Answerer:
    return Answerer(JOB, "cpu", nothing)


@pytest.fixture(scope="module")
def service() -> Service:
    settings = Settings(dtype="float32")
    return Service(open_engine(EMBEDDED, settings, "cpu"), settings)


def nothing() -> pyarrow.Table:
    raise AssertionError("The job has no corpus.")


def corpus() -> pyarrow.Table:
    return pyarrow.table({"id": list(DOCUMENTS), "text": list(DOCUMENTS.values())})


def asked(service: Service, question: object, context: object) -> Mapping[str, Any]:
    """The server's answer."""
    body = {"question": question, "context": context, "max_answer_len": 12}
    found: Mapping[str, Any] = json.loads(service.answer([Received({"body": body}, "")])[0].body)
    return found


def objects(*ids: str) -> list[dict[str, str]]:
    return [{"id": name, "text": DOCUMENTS[name]} for name in ids]


def assert_as_served(row: Mapping[str, Any], served: Mapping[str, Any]) -> None:
    exact = ("answer", "start", "end", "document", "confidence")
    assert {name: row[name] for name in exact} == {name: served[name] for name in exact}
    for name in ("score", "no_answer_score", "place_score"):
        assert row[name] == pytest.approx(served[name], abs=1e-5)  # a batch of another shape
    assert row["document_id"] == served.get("id")
    assert row["error"] is None


def table(*rows: tuple[object, object]) -> pyarrow.Table:
    questions, contexts = zip(*rows, strict=True)
    return pyarrow.table({"n": list(range(len(rows))), "質問": questions, "本文": contexts})


def test_a_table_comes_back_with_the_answers_of_the_service(answerer: Answerer, service: Service) -> None:
    answered = answerer(table((QUESTION, CONTEXT), ("いつですか", "会議は三月五日です。")))
    assert answered.column_names == ["n", "質問", "本文", *RESULTS.names]
    for row in answered.to_pylist():
        expected = asked(service, row["質問"], row["本文"])
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


def test_every_question_over_every_document_is_answered_as_by_the_server_in_one_request(service: Service) -> None:
    answered = Answerer(OVER_ALL, "cpu", corpus)(pyarrow.table({"質問": QUESTIONS}))
    assert answered.column_names == ["質問", *RESULTS.names, DOCUMENT_ID.name]
    rows = answered.to_pylist()
    for row in rows:
        assert_as_served(row, asked(service, row["質問"], objects(*DOCUMENTS)))
    assert {row["document_id"] for row in rows} <= DOCUMENTS.keys()


def test_a_question_over_documents_that_it_names_is_answered_as_by_the_server_in_one_request(service: Service) -> None:
    lists = [["c", "a"], ["e", "a", "b"], ["d"]]
    table = pyarrow.table({"質問": QUESTIONS, "文書": lists})
    for row, ids in zip(Answerer(NAMED, "cpu", corpus)(table).to_pylist(), lists, strict=True):
        assert_as_served(row, asked(service, row["質問"], objects(*ids)))


def test_documents_may_be_named_with_the_scores_of_a_retriever(service: Service) -> None:
    job = replace(NAMED, options={"max_answer_len": 12, "retriever_weight": 5})
    named = [{"id": "a", "score": 0.1}, {"id": "d", "score": 9.0}]
    (row,) = Answerer(job, "cpu", corpus)(pyarrow.table({"質問": ["場所はどこですか"], "文書": [named]})).to_pylist()
    scored = [{**item, "text": DOCUMENTS[str(item["id"])]} for item in named]
    body = {"question": "場所はどこですか", "context": scored, **job.options}
    assert_as_served(row, json.loads(service.answer([Received({"body": body}, "")])[0].body))


@pytest.mark.parametrize("job", [OVER_ALL, NAMED], ids=["all", "named"])
def test_each_document_is_tokenized_once_for_all_batches(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    answerer = Answerer(job, "cpu", corpus)
    table = pyarrow.table({"質問": QUESTIONS, "文書": [list(DOCUMENTS)] * 3})
    answerer(table)
    tokenized = list[str]()
    tokenize = Tokenizer.tokenize

    def noted(self: Tokenizer, text: str) -> TokenizedText:
        tokenized.append(text)
        return tokenize(self, text)

    monkeypatch.setattr(Tokenizer, "tokenize", noted)
    answerer(table)
    assert sorted(tokenized) == sorted(QUESTIONS)


@pytest.mark.parametrize("job", [OVER_ALL, NAMED], ids=["all", "named"])
def test_an_unusable_question_about_a_corpus_has_its_reason(job: Job) -> None:
    table = pyarrow.table({"質問": [None, " ", QUESTION], "文書": [["c"], ["c"], ["c"]]})
    rows = Answerer(job, "cpu", corpus)(table).to_pylist()
    assert [row["error_type"] for row in rows] == ["invalid_value", "invalid_value", None]
    assert [row["answer"] is None for row in rows] == [True, True, False]


def test_a_document_that_the_corpus_lacks_is_named_in_its_row() -> None:
    table = pyarrow.table({"質問": [QUESTION] * 3, "文書": [["c", "x"], ["c"], []]})
    rows = Answerer(NAMED, "cpu", corpus)(table).to_pylist()
    assert rows[0]["error"] == "文書 names 'x', which is not in the corpus."
    assert rows[1]["error"] is None
    assert rows[2]["error_type"] == "invalid_value"


@pytest.mark.parametrize("cell", [None, "c"])
def test_a_row_that_names_documents_without_a_list_says_so(cell: str | None) -> None:
    table = pyarrow.table({"質問": [QUESTION], "文書": pyarrow.array([cell], pyarrow.string())})
    (row,) = Answerer(NAMED, "cpu", corpus)(table).to_pylist()
    assert row["error"] == "文書 must be a list of ids, or of objects with an id."
    assert row["error_type"] == "invalid_value"


def test_a_wrong_setting_is_refused() -> None:
    with pytest.raises(JobError, match="no_such"):
        settings_of(replace(JOB, settings={"no_such": 1}), "cpu")
