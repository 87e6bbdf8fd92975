"""A question's span, and the spans of the server below it."""

import asyncio
import json
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from luke_qa.engine import Engine
from luke_qa.service import Received, Service
from luke_qa.settings import Settings
from luke_qa.tracing import Headers, Tracer
from luke_qa_client import AsyncLukeQAClient, BadRequestError, LukeQAClient
from tests.unit.client.process import run_python
from tests.unit.client.stub import HttpStub, Said, refusal, says
from tests.unit.client.stub import Received as Arrived

QUESTION, CONTEXT = "何が好きですか", "私は苺が好きです。"


@pytest.fixture
def memory() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def provider(memory: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch) -> TracerProvider:
    """The provider of the program that asks."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(memory))
    monkeypatch.setattr("opentelemetry.trace.get_tracer", provider.get_tracer)
    return provider


def named(memory: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in memory.get_finished_spans() if span.name == name]


def is_child(span: ReadableSpan, parent: ReadableSpan) -> bool:
    assert span.context
    assert parent.context
    above = span.parent
    return above is not None and (above.trace_id, above.span_id) == (parent.context.trace_id, parent.context.span_id)


def test_the_servers_spans_are_below_the_clients(
    http_stub: HttpStub, engine: Engine, provider: TracerProvider, memory: InMemorySpanExporter
) -> None:
    service = Service(engine, Settings(), tracer=Tracer(provider))

    def answer(arrived: Arrived) -> Said:
        headers = Headers(traceparent=arrived.headers["traceparent"])
        (response,) = service.answer([Received({"body": arrived.raw}, "row 0", headers=headers)])
        return Said(response.body, response.code)

    http_stub.rule = answer
    with provider.get_tracer("program").start_as_current_span("program"), LukeQAClient(http_stub.url) as client:
        client.ask(QUESTION, CONTEXT, request_id="mine")
    (program,), (asks,), (answers,) = (named(memory, name) for name in ("program", "luke_qa.ask", "luke_qa.answer"))
    assert is_child(asks, program)
    assert is_child(answers, asks)
    for stage in ("prepare", "compute", "decode"):
        assert is_child(named(memory, stage)[0], answers)
    assert asks.kind is SpanKind.CLIENT
    assert asks.attributes == {
        "server.address": http_stub.url.removeprefix("http://"),
        "luke_qa.request_id": "mine",
        "luke_qa.tries": 1,
    }
    assert answers.attributes
    assert answers.attributes["luke_qa.request_id"] == "mine"


def test_a_span_is_around_all_attempts(
    http_stub: HttpStub, provider: TracerProvider, memory: InMemorySpanExporter
) -> None:
    http_stub.replies_first(says(refusal(503, "not_ready")))
    with LukeQAClient(http_stub.url) as client:
        client.ask(QUESTION, CONTEXT)
    (asks,) = named(memory, "luke_qa.ask")
    assert asks.attributes
    assert asks.attributes["luke_qa.tries"] == 2
    assert asks.status.status_code is StatusCode.UNSET
    assert len({arrived.headers["traceparent"] for arrived in http_stub.received}) == 1


def test_an_error_is_named_without_a_text(
    http_stub: HttpStub, provider: TracerProvider, memory: InMemorySpanExporter
) -> None:
    http_stub.replies(says(refusal(400, "invalid_value", field="question")))
    with LukeQAClient(http_stub.url) as client, pytest.raises(BadRequestError):
        client.ask(QUESTION, CONTEXT)
    (asks,) = named(memory, "luke_qa.ask")
    assert asks.status.status_code is StatusCode.ERROR
    assert asks.status.description is None
    assert asks.events == ()
    assert asks.attributes
    assert (asks.attributes["error.type"], asks.attributes["http.response.status_code"]) == ("BadRequestError", 400)
    written = asks.to_json()
    assert QUESTION not in json.dumps(json.loads(written), ensure_ascii=False)
    assert "This is invalid_value" not in written


def test_many_questions_are_below_the_one_who_asks(
    http_stub: HttpStub, provider: TracerProvider, memory: InMemorySpanExporter
) -> None:
    pairs = [(QUESTION, f"{CONTEXT}{number}") for number in range(3)]
    with provider.get_tracer("program").start_as_current_span("program"), LukeQAClient(http_stub.url) as client:
        assert len(list(client.ask_many(pairs))) == 3
    (program,) = named(memory, "program")
    asked = named(memory, "luke_qa.ask")
    assert len(asked) == 3
    assert all(is_child(span, program) for span in asked)


def test_asyncio_has_the_same_spans(
    http_stub: HttpStub, provider: TracerProvider, memory: InMemorySpanExporter
) -> None:
    async def ask() -> Any:
        with provider.get_tracer("program").start_as_current_span("program"):
            async with AsyncLukeQAClient(http_stub.url) as client:
                await client.health()
                return await asyncio.gather(client.ask(QUESTION, CONTEXT), client.ask(QUESTION, CONTEXT))

    assert len(asyncio.run(ask())) == 2
    (program,) = named(memory, "program")
    assert all(is_child(span, program) for span in (*named(memory, "luke_qa.ask"), *named(memory, "luke_qa.health")))
    assert len(named(memory, "luke_qa.ask")) == 2
    assert (
        len({arrived.headers.get("traceparent") for arrived in http_stub.received}) == 3
    )  # none with the health request


def test_without_opentelemetry_there_is_neither_a_header_nor_an_import(http_stub: HttpStub) -> None:
    code = f"""
import sys
from luke_qa_client import LukeQAClient
with LukeQAClient({http_stub.url!r}) as client:
    client.ask("何", "私は苺が好きです。")
    list(client.ask_many([("何", "私は苺が好きです。")]))
print([name for name in sys.modules if name.startswith("opentelemetry")])
"""
    assert eval(run_python(code)) == []
    assert all("traceparent" not in arrived.headers for arrived in http_stub.received)
