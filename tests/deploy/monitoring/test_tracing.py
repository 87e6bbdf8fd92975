"""Spans of OpenTelemetry: what they say of a request, when there are any, and that they arrive."""

import builtins
import gzip
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from luke_qa.engine import Engine
from luke_qa.service import Received, Service
from luke_qa.settings import Settings
from luke_qa.tracing import Exchange, Headers, Stage, Tracer, open_tracer
from ops.instance import free_ports
from ops.layout import HANDLER, MODEL_NAME
from ops.server import make_instance, start, stop
from tests.deploy.monitoring.running import wait_for
from tests.support.wire import CONTEXT, NATIVE, QUESTION, body

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{CALLER}-01"
VARIABLES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_EXPORTER")


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, "OTEL_SDK_DISABLED", "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def memory() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def traced(engine: Engine, memory: InMemorySpanExporter) -> Service:
    """A service whose spans stay in memory."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(memory))
    return Service(engine, Settings(), tracer=Tracer(provider))


def by_name(spans: tuple[ReadableSpan, ...]) -> dict[str, ReadableSpan]:
    assert len({span.name for span in spans}) == len(spans)
    return {span.name: span for span in spans}


def test_a_request_leaves_a_span_with_its_stages(traced: Service, memory: InMemorySpanExporter) -> None:
    before = time.time_ns()
    traced.answer([Received(body(NATIVE | {"request_id": "mine"}), "row 0")])
    after = time.time_ns()
    spans = by_name(memory.get_finished_spans())
    answer = spans.pop("luke_qa.answer")
    assert list(spans) == ["prepare", "compute", "decode"]
    assert answer.attributes == {
        "luke_qa.request_id": "mine",
        "luke_qa.outcome": "ok",
        "luke_qa.windows": 1,
        "http.response.status_code": 200,
    }
    assert answer.status.status_code is StatusCode.UNSET
    assert answer.parent is None
    times = [(span.start_time or 0, span.end_time or 0) for span in spans.values()]
    assert times == sorted(times)
    assert before - 1000 <= (answer.start_time or 0) == times[0][0]
    assert times[-1][1] == (answer.end_time or 0) <= after + 1000  # Unix seconds as floats are exact to 0.3 µs
    for span in spans.values():
        assert span.parent is not None
        assert span.parent.span_id == answer.context.span_id


def test_a_span_has_no_text_of_the_request(traced: Service, memory: InMemorySpanExporter) -> None:
    traced.answer([Received(body(NATIVE), "row 0"), Received(body(NATIVE | {"top_k": 0}), "row 1")])
    written = "".join(span.to_json(indent=None) for span in memory.get_finished_spans())
    for text in (QUESTION, CONTEXT, "苺"):
        assert text not in written
        assert text.encode("unicode_escape").decode() not in written


def test_a_span_continues_the_caller_and_names_the_proxys_id(traced: Service, memory: InMemorySpanExporter) -> None:
    headers = Headers("from-the-proxy", TRACEPARENT, "vendor=1")
    arrived = time.time() - 2
    traced.answer([Received(body(NATIVE), "row 0", arrived, headers)])
    spans = by_name(memory.get_finished_spans())
    answer, queue = spans["luke_qa.answer"], spans["queue"]
    assert answer.parent is not None
    assert (f"{answer.context.trace_id:032x}", f"{answer.parent.span_id:016x}") == (TRACE, CALLER)
    assert answer.context.trace_state.to_header() == "vendor=1"
    assert {span.context.trace_id for span in spans.values()} == {answer.context.trace_id}
    assert answer.attributes is not None
    assert answer.attributes["luke_qa.proxy_request_id"] == "from-the-proxy"
    assert queue.start_time == answer.start_time == pytest.approx(arrived * 1e9, abs=1000)
    assert queue.end_time == spans["prepare"].start_time


@pytest.mark.parametrize(
    "traceparent", ["", "nonsense", f"00-{'0' * 32}-{CALLER}-01", f"ff-{TRACE}-{CALLER}-01", "\x00"]
)
def test_a_wrong_traceparent_begins_a_trace(traced: Service, memory: InMemorySpanExporter, traceparent: str) -> None:
    (response,) = traced.answer([Received(body(NATIVE), "row 0", headers=Headers(None, traceparent, "=,="))])
    assert response.code == 200
    assert by_name(memory.get_finished_spans())["luke_qa.answer"].parent is None


def test_a_caller_that_is_not_sampled_leaves_no_span(traced: Service, memory: InMemorySpanExporter) -> None:
    traced.answer([Received(body(NATIVE), "row 0", headers=Headers(None, TRACEPARENT[:-1] + "0"))])
    assert memory.get_finished_spans() == ()


def test_every_request_of_a_batch_has_a_span_of_its_own(traced: Service, memory: InMemorySpanExporter) -> None:
    wrong = body(NATIVE | {"top_k": 0})
    late = body(NATIVE | {"deadline_ms": 1})
    traced.answer([Received(body(NATIVE), "a"), Received(wrong, "b"), Received(late, "c")])
    answers = [span for span in memory.get_finished_spans() if span.name == "luke_qa.answer"]
    seen = {
        str((span.attributes or {})["luke_qa.request_id"]): (
            (span.attributes or {})["luke_qa.outcome"],
            span.status.status_code,
        )
        for span in answers
    }
    assert seen == {
        "a": ("ok", StatusCode.UNSET),
        "b": ("invalid_option", StatusCode.UNSET),  # a mistake of the caller, not of the server
        "c": ("deadline_exceeded", StatusCode.ERROR),
    }
    assert len({span.context.trace_id for span in answers}) == 3


class Collector:
    """Takes spans over OTLP's HTTP."""

    def __init__(self) -> None:
        self.services: set[str] = set()
        self.spans: list[Any] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers["Content-Encoding"] == "gzip":
                    content = gzip.decompress(content)
                for resource in ExportTraceServiceRequest.FromString(content).resource_spans:
                    collector.services |= {
                        each.value.string_value for each in resource.resource.attributes if each.key == "service.name"
                    }
                    collector.spans += [span for scope in resource.scope_spans for span in scope.spans]
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.close()


EXCHANGE = Exchange("id", Headers(), 200, "ok", 1, [Stage("prepare", 1.0, 2.0)])


def test_spans_arrive_at_a_collector(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    tracer = open_tracer()
    assert tracer
    tracer.write(EXCHANGE)
    wait_for(lambda: len(collector.spans) == 2)
    assert {span.name for span in collector.spans} == {"luke_qa.answer", "prepare"}
    assert collector.services == {"luke-qa"}


@pytest.mark.parametrize("variable", ["OTEL_SERVICE_NAME=other", "OTEL_RESOURCE_ATTRIBUTES=service.name=other"])
def test_the_service_has_the_name_it_is_given(
    collector: Collector, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    name, _, value = variable.partition("=")
    monkeypatch.setenv(name, value)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{collector.url}/v1/traces")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    tracer = open_tracer()
    assert tracer
    tracer.write(EXCHANGE)
    wait_for(lambda: collector.spans)
    assert collector.services == {"other"}


def test_without_an_endpoint_there_is_no_tracer() -> None:
    assert open_tracer() is None


@pytest.mark.parametrize("variable", ["OTEL_TRACES_EXPORTER=none", "OTEL_SDK_DISABLED=True"])
def test_the_variables_switch_it_off(collector: Collector, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    name, _, value = variable.partition("=")
    monkeypatch.setenv(name, value)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    assert open_tracer() is None


def test_without_the_package_the_server_says_so_and_serves(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any) -> Any:
        if name.partition(".")[0] == "opentelemetry":
            raise ImportError(name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    assert open_tracer() is None
    assert "make setup-tracing" in caplog.text


def test_the_package_is_loaded_only_where_spans_are_wanted() -> None:
    code = "import sys; from luke_qa.tracing import *; open_tracer(); sys.exit('opentelemetry' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(HANDLER)}, check=True)


@pytest.mark.slow
def test_a_served_request_leaves_its_spans(
    archive: Path, collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
    instance = make_instance(tmp_path / "home", free_ports())
    try:
        start(instance, archive, tmp_path / "logs")
        reply = requests.post(
            f"{instance.inference_url}/predictions/{MODEL_NAME}",
            json=NATIVE,
            headers={"traceparent": TRACEPARENT, "X-Request-Id": "proxy-1", "X-Request-Start": f"t={time.time():.3f}"},
            timeout=60,
        )
        assert reply.status_code == 200

        def of_the_caller() -> dict[str, Any]:
            return {span.name: span for span in collector.spans if span.trace_id.hex() == TRACE}

        wait_for(lambda: len(of_the_caller()) == 5)
        answer = of_the_caller()["luke_qa.answer"]
        assert answer.parent_span_id.hex() == CALLER
        attributes = {each.key: each.value.string_value for each in answer.attributes}
        assert attributes["luke_qa.proxy_request_id"] == "proxy-1"
        assert attributes["luke_qa.request_id"] == reply.json()["request_id"]
    finally:
        stop(instance)
