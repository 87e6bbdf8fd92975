import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luke_qa import response
from luke_qa.backends.base import Logits
from luke_qa.choices import EndLabel
from luke_qa.cost import Limits
from luke_qa.crash_guard import MAX_DEATHS, CrashGuard
from luke_qa.engine import Engine
from luke_qa.jobs import Computed, Failed
from luke_qa.service import DEVICE_LOST, Received, Service
from luke_qa.settings import Settings
from luke_qa.tokenizer import IntArray, Tokenizer
from tests.support.models import ScriptedModel, flat
from tests.support.texts import any_text, readable_text
from tests.support.wire import CONTEXT, NATIVE, QUESTION, TASK, Row, ask, body, exchange

MakeService = Callable[..., Service]

GOOD: list[Row] = [
    body(NATIVE),
    body(NATIVE | {"top_k": 3}),
    {"body": NATIVE},
    {"data": json.dumps(NATIVE)},
    {"question": bytearray(QUESTION.encode()), "context": bytearray(CONTEXT.encode())},
    body(TASK),
    body(TASK | {"parameters": {"top_k": 2}}),
    body(NATIVE | {"question": [QUESTION, "誰？"]}),
    body(NATIVE | {"context": [CONTEXT, "東京", "大阪"]}),
    body(NATIVE | {"context": CONTEXT * 100}),
    body(NATIVE | {"handle_impossible_answer": True}),
]
BAD: list[tuple[Row, int, str]] = [
    ({"body": bytearray(b"\xff\xfe")}, 400, "invalid_json"),
    (body({"question": QUESTION}), 400, "missing_field"),
    (body(NATIVE | {"top_k": 0}), 400, "invalid_option"),
    (body(NATIVE | {"context": "苺" * 500_000}), 413, "too_large"),
    (body(NATIVE | {"deadline_ms": 1}), 504, "deadline_exceeded"),
]


def test_a_batch_of_sixteen_with_five_bad_items_answers_eleven(service: Service) -> None:
    rows = [*GOOD]
    for place, (row, _, _) in zip((0, 3, 7, 12, 15), BAD, strict=True):
        rows.insert(place, row)
    assert len(rows) == 16
    answers = exchange(service, rows)
    assert sum(code == 200 for code, _ in answers) == 11
    for place, (_, code, kind) in zip((0, 3, 7, 12, 15), BAD, strict=True):
        assert (answers[place][0], answers[place][1]["type"]) == (code, kind)
        assert answers[place][1]["request_id"] == f"row {place}"


def test_every_good_item_gets_the_answer_it_gets_alone(service: Service) -> None:
    rows = [*GOOD, *(row for row, _, _ in BAD)]
    together = exchange(service, rows)
    for row, (code, answer) in zip(GOOD, together, strict=False):
        ((code_alone, alone),) = exchange(service, [row])
        assert (code, without_scores(answer)) == (code_alone, without_scores(alone))


def without_scores(answer: Any) -> Any:
    """Logits differ in their last digits with the company they are computed in."""
    if isinstance(answer, list):
        return [without_scores(item) for item in answer]
    if isinstance(answer, dict):
        return {
            name: without_scores(value)
            for name, value in answer.items()
            if name not in ("score", "no_answer_score", "request_id")
        }
    return answer


def test_an_empty_batch_is_no_trouble(service: Service) -> None:
    assert exchange(service, []) == []


def test_the_id_is_the_callers_or_the_servers(service: Service) -> None:
    answers = exchange(
        service,
        [
            body(NATIVE),
            body(NATIVE | {"request_id": "mine"}),
            body({"request_id": "wrong too"}),
            body(NATIVE | {"request_id": ""}),
            body(NATIVE | {"request_id": "list", "question": ["何？", "誰？"]}),
        ],
    )
    assert [answer["request_id"] for _, answer in answers[:4]] == ["row 0", "mine", "wrong too", "row 3"]
    assert {item["request_id"] for item in answers[4][1]} == {"list"}


@given(context=readable_text, question=readable_text, top_k=st.integers(1, 30))
def test_an_answer_is_its_place_in_the_context(service: Service, context: str, question: str, top_k: int) -> None:
    fields = {"question": question[-20:], "context": context, "top_k": top_k}
    code, answer = ask(service, fields)
    assert code == 200
    for item in answer["answers"]:
        assert context[item["start"] : item["end"]] == item["answer"] == item["answer"].strip() != ""
    places = [(item["document"], item["start"], item["end"]) for item in answer["answers"]]
    assert len(set(places)) == len(places)
    assert 0 <= answer["no_answer_score"] + sum(item["score"] for item in answer["answers"]) <= 1 + 1e-9
    _, javascript = ask(service, fields | {"offsets": "utf16"})
    units = context.encode("utf-16-le")
    for item in javascript["answers"]:
        assert units[2 * item["start"] : 2 * item["end"]].decode("utf-16-le") == item["answer"]


@given(context=st.lists(readable_text, min_size=1, max_size=4))
def test_an_answer_names_its_document(service: Service, context: list[str]) -> None:
    code, answer = ask(service, {"question": QUESTION, "context": context, "top_k": 20})
    assert code == 200
    for item in answer["answers"]:
        assert context[item["document"]][item["start"] : item["end"]] == item["answer"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | any_text,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(), max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
names = st.sampled_from(
    ["question", "context", "inputs", "parameters", "top_k", "offsets", "deadline_ms", "request_id", "doc_stride"]
) | st.text(st.characters(), max_size=5)
questionable = st.dictionaries(names, json_values, max_size=5).flatmap(
    lambda fields: st.sampled_from([fields, NATIVE | fields, TASK | {"parameters": fields}])
)


@given(fields=questionable)
def test_nothing_that_json_can_say_is_a_server_error(service: Service, fields: dict[str, Any]) -> None:
    for row in (body(fields), {"body": fields}, {"data": json.dumps(fields)}):
        ((code, answer),) = exchange(service, [row])
        assert code in (200, 400, 413, 504)
        assert code == 200 or (answer["code"], bool(answer["message"])) == (code, True)


@given(content=st.binary(max_size=60))
def test_no_bytes_are_a_server_error(service: Service, content: bytes) -> None:
    for row in ({"body": bytearray(content)}, {"data": content}, {"question": content, "context": content}):
        ((code, _),) = exchange(service, [row])
        assert code in (200, 400, 413)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\ud800", id="half a surrogate pair"),
        pytest.param("\0", id="NUL"),
        pytest.param("苺\0を", id="NUL inside"),
        pytest.param("".join(map(chr, range(1, 32))), id="control characters"),
        pytest.param(" " * 100_000, id="100,000 spaces"),
        pytest.param("苺" + " " * 100_000 + "を", id="100,000 spaces inside"),
        pytest.param("\u202e苺\u200f", id="right-to-left marks"),
        pytest.param("\u200f" * 50, id="nothing but right-to-left marks"),
        pytest.param("🍓" * 10_000, id="10,000 emoji"),
        pytest.param("👨‍👩‍👧‍👦" * 10_000, id="10,000 families"),
        pytest.param("﷽" * 5_000, id="characters that grow eighteenfold"),
        pytest.param("か\u3099" * 5_000, id="combining marks"),
        pytest.param("\u0301" * 10_000, id="nothing but combining marks"),
        pytest.param("</s>" * 5_000, id="special tokens"),
    ],
)
@pytest.mark.parametrize("field", ["question", "context"])
def test_strange_text_gets_an_answer_or_its_own_error(service: Service, field: str, text: str) -> None:
    (code, answer), (code_of_neighbour, _) = exchange(service, [body(NATIVE | {field: text}), body(NATIVE)])
    assert code in (200, 400, 413)
    assert code_of_neighbour == 200
    if code == 200 and field == "context":
        assert text[answer["start"] or 0 : answer["end"] or 0] == answer["answer"]  # nothing visible: no answer


@pytest.mark.parametrize("name", ["\ud800", "x" * 100_000, "", "\0", "苺", "__class__", "body", "data"])
def test_a_strange_field_name_is_an_ordinary_error(service: Service, name: str) -> None:
    code, answer = ask(service, NATIVE | {name: 1})
    assert code == 400
    assert answer["type"] in ("unknown_option", "invalid_json")
    assert len(json.dumps(answer)) < 2_000


def test_a_question_longer_than_the_window_names_both_lengths(service: Service) -> None:
    code, answer = ask(service, NATIVE | {"question": "苺を売る店" * 60, "context": CONTEXT * 10})
    assert (code, answer["type"], answer["field"]) == (400, "question_too_long", "question")
    assert str(service.engine.max_tokens) in answer["message"]


def test_an_option_that_only_the_model_can_judge_is_named_as_the_caller_wrote_it(service: Service) -> None:
    beyond = {"max_seq_len": service.engine.max_tokens + 1}
    for fields, name in ((NATIVE | beyond, "max_seq_len"), (TASK | {"parameters": beyond}, "parameters.max_seq_len")):
        code, answer = ask(service, fields)
        assert (code, answer["type"], answer["field"]) == (400, "invalid_option", name)


def test_a_deadline_in_the_future_is_answered(service: Service) -> None:
    assert ask(service, NATIVE | {"deadline_ms": int(time.time() * 1000) + 60_000})[0] == 200


def test_a_passed_deadline_is_answered_uncomputed(tokenizer: Tokenizer) -> None:
    model = ScriptedModel(flat)
    late = int(time.time() * 1000) - 1
    code, answer = ask(service_of(tokenizer, model), NATIVE | {"deadline_ms": late})
    assert (code, answer["type"], answer["field"]) == (504, "deadline_exceeded", "deadline_ms")
    assert model.passes == []


def service_of(tokenizer: Tokenizer, model: ScriptedModel) -> Service:
    return Service(Engine(tokenizer, model, EndLabel.EXCLUSIVE), Settings())


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [(RuntimeError("broken"), 500, "engine_error"), (MemoryError(), 507, "out_of_memory")],
)
def test_a_fault_of_the_engine_hits_its_own_request_and_the_next_batch_is_served(
    tokenizer: Tokenizer, error: Exception, code: int, kind: str
) -> None:
    (*_, token) = tokenizer.tokenize("鳥").ids

    def script(ids: IntArray) -> Logits:
        if token in ids:
            raise error
        return flat(ids)

    service = service_of(tokenizer, ScriptedModel(script))
    rows = [body(NATIVE), body(NATIVE | {"context": "鳥を見た"}), body(TASK), body([])]
    answers = exchange(service, rows)
    assert [status for status, _ in answers] == [200, code, 200, 400]
    assert (answers[1][1]["code"], answers[1][1]["type"]) == (code, kind)
    assert ask(service, NATIVE)[0] == 200


LOSE_THE_DEVICE = """
import sys
from pathlib import Path
from luke_qa.backends.base import DeviceLost
from luke_qa.choices import EndLabel
from luke_qa.crash_guard import CrashGuard
from luke_qa.engine import Engine
from luke_qa.service import Received, Service
from luke_qa.settings import Settings
from luke_qa.tokenizer import Tokenizer
from tests.conftest import TOKENIZER_FILE
from tests.support.models import ScriptedModel
from tests.support.wire import NATIVE, body

def lost(ids):
    raise DeviceLost("cuda:0 is lost: an illegal memory access was encountered")

engine = Engine(Tokenizer.from_file(TOKENIZER_FILE), ScriptedModel(lost), EndLabel.EXCLUSIVE)
Service(engine, Settings(), CrashGuard(Path(sys.argv[1]))).answer([Received(body(NATIVE), "")])
"""


def test_a_worker_that_lost_its_gpu_ends_and_a_request_that_costs_every_gpu_is_rejected(
    tokenizer: Tokenizer, tmp_path: Path
) -> None:
    for _ in range(MAX_DEATHS):
        command = [sys.executable, "-c", LOSE_THE_DEVICE, str(tmp_path)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert ended.returncode == DEVICE_LOST, ended.stderr
        assert "cuda:0 is lost: an illegal memory access" in ended.stderr
    engine = Engine(tokenizer, ScriptedModel(flat), EndLabel.EXCLUSIVE)
    service = Service(engine, Settings(), CrashGuard(tmp_path))
    status, content = ask(service, NATIVE)
    assert (status, content["type"]) == (422, "crashes_workers")
    assert ask(service, NATIVE | {"context": "鳥を見た"})[0] == 200


@pytest.mark.parametrize("step", ["prepare", "decode"])
@pytest.mark.parametrize(("error", "code"), [(ZeroDivisionError(), 500), (MemoryError(), 507)])
def test_a_fault_outside_of_the_model_hits_its_own_request_too(
    tokenizer: Tokenizer, step: str, error: Exception, code: int
) -> None:
    class Faulty(Engine):
        def fail(self, text: str) -> None:
            if "鳥" in text:
                raise error

        def prepare(self, query: Any, *arguments: Any) -> Any:
            if step == "prepare":
                self.fail(query.contexts[0])
            return super().prepare(query, *arguments)

        def decode(self, prepared: Any, logits: Any) -> Any:
            if step == "decode":
                self.fail(prepared.query.contexts[0])
            return super().decode(prepared, logits)

    service = Service(Faulty(tokenizer, ScriptedModel(flat), EndLabel.EXCLUSIVE), Settings())
    answers = exchange(service, [body(NATIVE), body(NATIVE | {"context": "鳥を見た"}), body(TASK)])
    assert [status for status, _ in answers] == [200, code, 200]


def test_limits_are_the_operators(make_service: MakeService) -> None:
    service = make_service(max_questions=2, max_documents=2, max_question_chars=10, max_context_chars=100)
    for fields, limit in (
        ({"question": ["何？"] * 3}, 2),
        ({"context": ["苺"] * 3}, 2),
        ({"question": "何" * 11}, 10),
        ({"context": "苺" * 101}, 100),
    ):
        code, answer = ask(service, NATIVE | fields)
        assert (code, answer["type"]) == (413, "too_large")
        assert str(limit) in answer["message"]


def test_an_answer_that_would_kill_the_worker_is_refused_instead(make_service: MakeService) -> None:
    service = make_service(max_response_bytes=300)
    code, answer = ask(service, NATIVE | {"top_k": 50})
    assert (code, answer["type"]) == (413, "too_large")
    assert ask(service, NATIVE)[0] in (200, 413)


def test_a_batch_that_takes_too_long_is_a_deadline_and_not_a_dead_worker(make_service: MakeService) -> None:
    code, answer = ask(make_service(time_limit=1e-9), NATIVE)
    assert (code, answer["type"]) == (504, "deadline_exceeded")


def test_what_is_computed_too_late_is_decoded_only_where_that_is_quick(service: Service) -> None:
    rows = [body(NATIVE), body(NATIVE | {"context": CONTEXT * 400, "max_windows": "all"})]
    computed = service.compute(service.prepare([Received(row, "") for row in rows]))
    overdue = [
        replace(item, job=replace(item.job, prepared=replace(item.job.prepared, deadline=time.monotonic())))
        for item in computed
        if isinstance(item, Computed)
    ]
    assert [response.code for response in service.decode(computed)] == [200, 200]
    assert [response.code for response in service.decode(overdue)] == [200, 504]


def test_what_is_not_even_read_in_time_is_told_so(make_service: MakeService) -> None:
    slow = make_service(time_limit=1e-9)
    assert [item.error.code for item in slow.prepare([Received(body(NATIVE), "1")]) if isinstance(item, Failed)] == [
        504
    ]


@pytest.mark.parametrize(("waited", "code", "type"), [(50, 200, None), (-3600, 200, None), (150, 504, "queue_timeout")])
def test_what_waited_too_long_for_a_worker_is_not_computed(
    tokenizer: Tokenizer, waited: float, code: int, type: str | None
) -> None:
    model = ScriptedModel(flat)
    service = Service(Engine(tokenizer, model, EndLabel.EXCLUSIVE), Settings(max_wait=100.0))
    received = Received(body(NATIVE | {"request_id": "mine"}), "ours", arrived=time.time() - waited)
    (response,) = service.decode(service.compute(service.prepare([received])))
    answer = json.loads(response.body)
    assert (response.code, answer["request_id"], answer.get("type")) == (code, "mine", type)
    assert bool(model.passes) == (code == 200)


def test_a_deadline_ends_the_computation_of_its_own_request_only(tokenizer: Tokenizer) -> None:
    def slow(ids: IntArray) -> Logits:
        time.sleep(0.02)
        return flat(ids)

    model = ScriptedModel(slow, token_budget=130)
    service = service_of(tokenizer, model)
    late = int(time.time() * 1000) + 300
    long = NATIVE | {"context": CONTEXT * 300, "max_windows": "all", "deadline_ms": late}
    rows = [body(long), body(NATIVE | {"context": CONTEXT * 9})]
    (code, answer), (other, _) = exchange(service, rows)
    assert (code, answer["type"]) == (504, "deadline_exceeded")
    assert other == 200
    assert sum(len(lengths) for lengths in model.passes) < 60


def test_the_log_names_every_request_whose_computation_failed_and_none_of_its_text(
    tokenizer: Tokenizer, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(ids: IntArray) -> Logits:
        raise RuntimeError("a defect")

    service = service_of(tokenizer, ScriptedModel(fail))
    assert [code for code, _ in exchange(service, [body(NATIVE | {"request_id": "mine"}), body(NATIVE)])] == [500, 500]
    assert "Request 'mine' failed with its forward pass: see above." in caplog.messages
    assert "Request 'row 1' failed with its forward pass: see above." in caplog.messages
    assert "RuntimeError: a defect" in caplog.text
    assert CONTEXT not in caplog.text
    assert QUESTION not in caplog.text


# --- documents and pairs


def test_a_blank_document_does_not_fail_the_others_and_takes_no_number(service: Service) -> None:
    code, answer = ask(service, {"question": QUESTION, "context": ["", CONTEXT, "\u200b"]})
    assert (code, answer["document"]) == (200, 1)


def test_pairs_have_an_outcome_each(service: Service) -> None:
    pairs = [
        NATIVE,
        {"question": " ", "context": CONTEXT},
        {"question": QUESTION, "context": ["東京", {"text": CONTEXT, "id": "b"}]},
        {"question": QUESTION},
        NATIVE | {"top_k": 2},
    ]
    code, (first, blank, documents, missing, unknown) = ask(service, {"pairs": pairs, "top_k": 2, "request_id": "r"})
    assert code == 200
    assert without_scores(first) == without_scores(ask(service, NATIVE | {"top_k": 2})[1])
    assert len(documents["answers"]) == 2
    assert {answer["request_id"] for answer in (first, blank, documents, missing, unknown)} == {"r"}
    errors = [(answer["code"], answer["type"], answer["field"]) for answer in (blank, missing, unknown)]
    assert errors == [
        (400, "invalid_value", "pairs[1].question"),
        (400, "missing_field", "pairs[3].context"),
        (400, "unknown_option", "pairs[4]"),
    ]


@pytest.mark.parametrize(
    ("fields", "code", "kind"),
    [
        ({"pairs": []}, 400, "invalid_value"),
        ({"pairs": "苺"}, 400, "invalid_value"),
        ({"pairs": [1]}, 400, "invalid_value"),
        ({"pairs": [NATIVE], "question": QUESTION}, 400, "invalid_value"),
        ({"pairs": [NATIVE] * 65}, 413, "too_large"),
        ({"pairs": [{"question": QUESTION, "context": "苺" * 300_000}] * 2}, 413, "too_large"),
    ],
)
def test_pairs_that_are_none_fail_as_a_whole(service: Service, fields: dict[str, Any], code: int, kind: str) -> None:
    found, answer = ask(service, fields)
    assert (found, answer["type"]) == (code, kind)


def test_the_cost_of_pairs_counts_together(tokenizer: Tokenizer) -> None:
    engine = Engine(tokenizer, ScriptedModel(flat), EndLabel.EXCLUSIVE, limits=Limits(100))
    service = Service(engine, Settings(max_seq_len=128))
    assert ask(service, {"pairs": [NATIVE]})[0] == 200
    code, answer = ask(service, {"pairs": [NATIVE] * 10})
    assert (code, answer["type"]) == (413, "too_large")
    assert "10 questions need 10 windows" in answer["message"]


def test_pairs_of_which_none_has_an_answer_are_not_counted_as_answered(service: Service) -> None:
    bad = {"question": " ", "context": CONTEXT}
    pairs = [body({"pairs": [bad, {"question": QUESTION}]}), body({"pairs": [bad, NATIVE]})]
    none, one = service.answer([Received(row, "r") for row in pairs])
    assert (none.code, none.outcome) == (200, "invalid_value")
    assert (one.code, one.outcome) == (200, "ok")


def test_names_in_every_answer_count_before_they_are_written(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"question": QUESTION, "context": {"text": CONTEXT, "title": "長" * 900_000}}
    assert ask(service, asked | {"top_k": 1})[0] == 200
    written, to_json = list[object](), response._to_json

    def write(content: object) -> bytes:
        written.append(content)
        return to_json(content)

    monkeypatch.setattr(response, "_to_json", write)
    code, answer = ask(service, asked | {"top_k": 100})
    assert (code, answer["type"]) == (413, "too_large")
    assert len(written) == 1  # the error


def test_a_request_is_watched_until_its_answer_is_written(tokenizer: Tokenizer, tmp_path: Path) -> None:
    watched = list[str]()

    class Watched(Engine):
        def decode(self, prepared: Any, logits: Any) -> Any:
            watched.extend((tmp_path / str(os.getpid())).read_text("ascii").split())
            return super().decode(prepared, logits)

    engine = Watched(tokenizer, ScriptedModel(flat), EndLabel.EXCLUSIVE)
    (answered,) = Service(engine, Settings(), CrashGuard(tmp_path)).answer([Received(body(NATIVE), "r")])
    assert answered.code == 200
    assert len(watched) == 1
    assert (tmp_path / str(os.getpid())).read_text("ascii") == ""
