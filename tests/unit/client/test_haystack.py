"""The reader in real Haystack pipelines, behind a BM25 retriever, against a stub server."""

import asyncio
import os
from typing import Any

import pytest

os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"  # before the first import: it would report to its maker

from haystack import Document, ExtractedAnswer, Pipeline
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.utils import Secret

from luke_qa_client import AuthenticationError
from luke_qa_client.haystack import LukeQAReader
from tests.unit.client.process import assert_needs
from tests.unit.client.stub import HttpStub, refusal, says

# Overlapping pairs of characters: words of Japanese have no spaces between them.
BIGRAMS = r"(?=(\w\w))"

TEXTS = {
    "fruit": "畑の記録。私は苺が好きです。毎朝水をやる。",
    "library": "図書館は月曜日に休む。",
    "empty": " ",
    "picture": None,
}


@pytest.fixture
def store() -> InMemoryDocumentStore:
    store = InMemoryDocumentStore(bm25_tokenization_regex=BIGRAMS)
    store.write_documents([Document(id=name, content=text) for name, text in TEXTS.items() if text])
    return store


def make_pipeline(store: InMemoryDocumentStore, reader: LukeQAReader) -> Pipeline:
    pipeline = Pipeline()
    pipeline.add_component("retriever", InMemoryBM25Retriever(store, top_k=2))
    pipeline.add_component("reader", reader)
    pipeline.connect("retriever.documents", "reader.documents")
    return pipeline


def ask(pipeline: Pipeline, query: str, **options: Any) -> list[ExtractedAnswer]:
    given = {"retriever": {"query": query}, "reader": {"query": query, **options}}
    answers: list[ExtractedAnswer] = pipeline.run(given)["reader"]["answers"]
    return answers


@pytest.fixture
def pipeline(store: InMemoryDocumentStore, http_stub: HttpStub) -> Pipeline:
    return make_pipeline(store, LukeQAReader(http_stub.url))


def test_answers_come_with_score_document_and_offsets_as_haystacks_own_reader_gave_them(pipeline: Pipeline) -> None:
    best, *others = ask(pipeline, "誰が苺を好きですか", top_k=5)
    assert isinstance(best, ExtractedAnswer)
    assert best.document is not None
    assert best.document.id == "fruit"
    assert (best.query, best.data, best.score) == ("誰が苺を好きですか", "私", 0.9910)
    assert best.document_offset == ExtractedAnswer.Span(5, 6)
    assert TEXTS["fruit"] is not None
    assert TEXTS["fruit"][5:6] == "私"
    assert best.context == "私は苺が好きです。"
    assert best.context_offset == ExtractedAnswer.Span(0, 1)
    assert [other.score for other in others] == sorted((other.score for other in others), reverse=True)


def test_no_answer_is_one_of_the_answers_unless_it_may_not_be(pipeline: Pipeline) -> None:
    none = [answer for answer in ask(pipeline, "何が好きですか") if answer.data is None]
    assert [(answer.score, answer.document, answer.document_offset) for answer in none] == [(0.02, None, None)]
    assert all(answer.data is not None for answer in ask(pipeline, "何が好きですか", no_answer=False))


def test_the_threshold_and_the_number_are_kept(pipeline: Pipeline, http_stub: HttpStub) -> None:
    assert [answer.score for answer in ask(pipeline, "何が好きですか", score_threshold=0.015)] == [0.9910, 0.02]
    assert [answer.score for answer in ask(pipeline, "何が好きですか", top_k=1)] == [0.9910]
    assert [received.body["top_k"] for received in http_stub.received] == [20, 1]


def test_documents_without_text_are_left_out_and_without_any_nothing_is_asked(http_stub: HttpStub) -> None:
    reader = LukeQAReader(http_stub.url)
    documents = [Document(id=name, content=text) for name, text in reversed(TEXTS.items())]
    answers = reader.run("何が好きですか", documents)["answers"]
    assert answers[0].document == documents[3]
    assert http_stub.received[0].body["context"] == [TEXTS["library"], TEXTS["fruit"]]
    assert reader.run("何が好きですか", documents[:2]) == reader.run("何", []) == {"answers": []}
    assert asyncio.run(reader.run_async("何が好きですか", documents[:2])) == {"answers": []}
    assert len(http_stub.received) == 1


def test_the_page_of_an_answer_is_told_where_it_is_known(http_stub: HttpStub) -> None:
    pages = Document(content="表紙\f目次\f苺", meta={"page_number": 7})
    answers = LukeQAReader(http_stub.url).run("何", [pages])["answers"]
    assert answers[0].meta == {"answer_page_number": 9}


def test_a_pipeline_runs_it_in_an_event_loop(store: InMemoryDocumentStore, http_stub: HttpStub) -> None:
    reader = LukeQAReader(http_stub.url, top_k=3)
    documents = store.filter_documents()

    async def run_twice() -> list[Any]:
        return [(await reader.run_async("何が好きですか", documents))["answers"] for _ in range(2)]

    first, second = asyncio.run(run_twice())
    assert first == second == reader.run("何が好きですか", documents)["answers"]


def test_a_pipeline_is_written_and_read_again_without_its_key(
    store: InMemoryDocumentStore, http_stub: HttpStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "hidden")
    token = Secret.from_env_var("MY_KEY")
    reader = LukeQAReader(http_stub.url, token=token, top_k=3, score_threshold=0.1, no_answer=False, timeout=7)
    written = make_pipeline(store, reader).dumps()
    assert "hidden" not in written
    again = Pipeline.loads(written, **_trusted())
    found: Any = again.get_component("reader")
    assert found.to_dict() == reader.to_dict()
    assert found.run("何が好きですか", [Document(content="苺")])["answers"][0].data == "苺"
    assert http_stub.received[-1].authorization == "Bearer hidden"


def _trusted() -> dict[str, Any]:
    """Haystack 3 reads only the classes that a program trusts."""
    import inspect

    known = inspect.signature(Pipeline.loads).parameters
    return {"allowed_modules": ["luke_qa_client.*", "haystack.*"]} if "allowed_modules" in known else {}


def test_a_failure_is_the_clients_error(http_stub: HttpStub) -> None:
    http_stub.replies(says(refusal(401, "unauthorized")))
    with pytest.raises(AuthenticationError):
        LukeQAReader(http_stub.url, token=None).run("何", [Document(content="苺")])


def test_without_the_extra_the_error_says_which_to_install() -> None:
    assert_needs("haystack", "import luke_qa_client.haystack", "haystack")
