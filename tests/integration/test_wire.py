"""What a caller sees over plain HTTP and plain gRPC."""

import gzip
import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
import requests

from luke_qa_client._transport.grpc_messages import PREDICTIONS, PredictionResponse, PredictionsRequest
from ops.instance import Instance
from ops.layout import MODEL_NAME

QUESTION = "好きな食べ物は何ですか"
CONTEXT = "私の名前はEIMIです。好きな食べ物は苺です。 趣味は皆さんと会話することです。"
BODY: dict[str, Any] = {"question": QUESTION, "context": CONTEXT}
RAW = json.dumps(BODY, ensure_ascii=False).encode()


def ask_grpc(target: str, fields: dict[str, bytes]) -> Any:
    with grpc.insecure_channel(target) as channel:
        call = channel.unary_unary(
            PREDICTIONS,
            request_serializer=PredictionsRequest.SerializeToString,
            response_deserializer=PredictionResponse.FromString,
        )
        reply = call(PredictionsRequest(model_name=MODEL_NAME, input=fields), timeout=30)
    return json.loads(reply.prediction)


def assert_is_the_strawberry(answer: dict[str, Any]) -> None:
    assert answer["answer"] == "苺"
    assert CONTEXT[answer["start"] : answer["end"]] == "苺"
    assert answer["document"] == 0
    assert 0.5 < answer["score"] <= 1
    assert 0 <= answer["no_answer_score"] < 0.5
    assert answer["answers"][0] == {key: answer[key] for key in ("answer", "score", "start", "end", "document")}
    assert answer["request_id"]


@pytest.mark.parametrize("content_type", ["application/json", "application/octet-stream", None])
@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"\xef\xbb\xbf" + RAW, {}),
        (gzip.compress(RAW), {"Content-Encoding": "gzip"}),
        (gzip.compress(b"\xef\xbb\xbf" + RAW), {}),
    ],
)
def test_a_byte_order_mark_and_gzip_are_accepted(
    url: str, content: bytes, headers: dict[str, str], content_type: str | None
) -> None:
    given = headers if content_type is None else headers | {"Content-Type": content_type}
    reply = requests.post(url, data=content, headers=given, timeout=30)
    assert reply.status_code == 200
    assert_is_the_strawberry(reply.json())


def test_a_gzip_bomb_is_refused_and_the_server_goes_on(url: str) -> None:
    bomb = gzip.compress(b'{"question": "' + b" " * 100_000_000)
    reply = requests.post(url, data=bomb, headers={"Content-Encoding": "gzip"}, timeout=30)
    assert (reply.status_code, reply.json()["type"]) == (413, "too_large")
    assert requests.post(url, data=RAW, timeout=30).status_code == 200


def test_another_encoding_is_named(url: str) -> None:
    reply = requests.post(url, data=RAW.decode().encode("cp932"), timeout=30)
    assert (reply.status_code, reply.json()["type"]) == (400, "invalid_json")
    assert "Shift_JIS" in reply.json()["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json"},
        {"Content-Type": "application/json; charset=utf-8"},
        {"Content-Type": "text/plain; charset=utf-8"},
        {"Content-Type": "application/octet-stream"},
        {},
    ],
)
def test_the_cards_question_is_answered_whatever_the_content_type(url: str, headers: dict[str, str]) -> None:
    reply = requests.post(url, data=RAW, headers=headers, timeout=30)
    assert reply.status_code == 200
    assert reply.headers["Content-Type"] == "application/json; charset=utf-8"
    assert "苺" in reply.content.decode()  # unescaped
    assert_is_the_strawberry(reply.json())


def test_form_fields_are_read_with_their_types(url: str) -> None:
    fields = {**BODY, "top_k": "3", "handle_impossible_answer": "false"}
    for reply in (
        requests.post(url, data=fields, timeout=30),
        requests.post(url, files={name: (None, value) for name, value in fields.items()}, timeout=30),
    ):
        assert reply.status_code == 200
        assert_is_the_strawberry(reply.json())
        assert len(reply.json()["answers"]) == 3


def test_grpc_takes_the_whole_json_or_a_key_for_each_field(grpc_target: str) -> None:
    fields = {"question": QUESTION.encode(), "context": CONTEXT.encode(), "top_k": b"2"}
    assert_is_the_strawberry(ask_grpc(grpc_target, {"data": RAW}))
    answer = ask_grpc(grpc_target, fields)
    assert_is_the_strawberry(answer)
    assert len(answer["answers"]) == 2


def test_documents_and_pairs_are_answered_alike_over_http_and_grpc(url: str, grpc_target: str) -> None:
    documents = ["", {"text": CONTEXT, "id": "p1", "title": "紹介", "score": 2.5}, "明日は雨です。", CONTEXT]
    asked = {
        "question": QUESTION,
        "context": documents,
        "top_k": 3,
        "overlap": 0,
        "passage": "sentence",
        "max_windows": 1,
        "request_id": "same",
    }
    pairs = {"pairs": [BODY, {"question": "", "context": CONTEXT}], "request_id": "same"}
    for body in (asked, pairs):
        raw = json.dumps(body).encode()
        reply = requests.post(url, data=raw, headers={"Content-Type": "application/json"}, timeout=30)
        assert reply.status_code == 200
        by_grpc = [ask_grpc(grpc_target, {"data": raw})]
        if body is pairs:
            by_grpc.append(ask_grpc(grpc_target, {"pairs": json.dumps(pairs["pairs"]).encode(), "request_id": b"same"}))
        assert all(answer == reply.json() for answer in by_grpc)
    first, failed = reply.json()
    assert_is_the_strawberry(first)
    assert (failed["code"], failed["field"]) == (400, "pairs[1].question")
    answer = requests.post(url, json=asked, timeout=30).json()
    assert (answer["answer"], answer["document"], answer["id"], answer["title"]) == ("苺", 1, "p1", "紹介")
    assert answer["passage"]["text"] == "好きな食べ物は苺です。"
    assert answer["windows"] == {"read": 1, "of": 2}
    places = [(found["start"], found["end"]) for found in answer["answers"]]
    assert all(a[1] <= b[0] or b[1] <= a[0] for a in places for b in places if a != b)


def test_a_streaming_call_ends_after_its_answer(server: Instance, grpc_target: str) -> None:
    def worker() -> int:
        described = requests.get(f"{server.management_url}/models/{MODEL_NAME}", timeout=30).json()
        return int(described[0]["workers"][0]["pid"])

    before = worker()
    with grpc.insecure_channel(grpc_target) as channel:
        call = channel.unary_stream(
            PREDICTIONS.replace("/Predictions", "/StreamPredictions"),
            request_serializer=PredictionsRequest.SerializeToString,
            response_deserializer=PredictionResponse.FromString,
        )
        replies = list(call(PredictionsRequest(model_name=MODEL_NAME, input={"data": RAW}), timeout=30))
    assert_is_the_strawberry(json.loads(replies[0].prediction))
    assert_is_the_strawberry(ask_grpc(grpc_target, {"data": RAW}))
    assert worker() == before


def test_many_questions_over_one_context_come_back_in_order(url: str) -> None:
    questions = ["趣味は何ですか", QUESTION, "趣味は何ですか"]
    answers = requests.post(url, json={**BODY, "question": questions}, timeout=30).json()
    assert [answer["answer"] for answer in answers] == ["会話すること", "苺", "会話すること"]


def test_one_question_is_ranked_across_documents(url: str) -> None:
    documents = ["明日は雨でしょう。", "😀" + CONTEXT, "会議は三時からです。"]
    answer = requests.post(url, json={**BODY, "context": documents, "top_k": 5}, timeout=30).json()
    assert (answer["answer"], answer["document"]) == ("苺", 1)
    for span in answer["answers"]:
        assert documents[span["document"]][span["start"] : span["end"]] == span["answer"]
    scores = [span["score"] for span in answer["answers"]]
    assert scores == sorted(scores, reverse=True)


def test_utf16_offsets_suit_javascript(url: str) -> None:
    context = "🍓𠮷😀" + CONTEXT
    answer = requests.post(url, json={**BODY, "context": context, "offsets": "utf16"}, timeout=30).json()
    units = context.encode("utf-16-le")
    assert units[2 * answer["start"] : 2 * answer["end"]].decode("utf-16-le") == "苺"


def test_a_long_context_is_read_to_its_end(url: str) -> None:
    context = "会議室の机は白い。" * 600 + CONTEXT
    answer = requests.post(url, json={**BODY, "context": context}, timeout=60).json()
    assert answer["answer"] == "苺"
    assert context[answer["start"] : answer["end"]] == "苺"


BAD: list[tuple[Any, int, str, str | None]] = [
    (b"{", 400, "invalid_json", None),
    (b"", 400, "invalid_json", None),
    (b"[]", 400, "invalid_json", None),
    (b"3", 400, "invalid_json", None),
    (b'{"question": "\xff"}', 400, "invalid_json", None),
    (b"[" * 100_000, 400, "invalid_json", None),
    ({"context": CONTEXT}, 400, "missing_field", "question"),
    ({"question": QUESTION}, 400, "missing_field", "context"),
    ({**BODY, "question": ""}, 400, "invalid_value", "question"),
    ({**BODY, "question": 3}, 400, "invalid_value", "question"),
    ({**BODY, "question": None}, 400, "invalid_value", "question"),
    ({**BODY, "question": []}, 400, "invalid_value", "question"),
    ({**BODY, "question": ["何", " "]}, 400, "invalid_value", "question[1]"),
    ({**BODY, "context": "\u3000\n"}, 400, "invalid_value", "context"),
    ({**BODY, "context": " " * 100_000}, 400, "invalid_value", "context"),
    ({**BODY, "context": "\ud83d"}, 400, "invalid_value", "context"),
    ({**BODY, "\ud83d": 1}, 400, "unknown_option", None),
    ({"question": ["何"], "context": ["何"]}, 400, "invalid_value", "context"),
    ({**BODY, "topk": 1}, 400, "unknown_option", "topk"),
    ({**BODY, "top_k": 0}, 400, "invalid_option", "top_k"),
    ({**BODY, "top_k": True}, 400, "invalid_option", "top_k"),
    ({**BODY, "top_k": "3"}, 400, "invalid_option", "top_k"),
    ({**BODY, "top_k": 1.5}, 400, "invalid_option", "top_k"),
    ({**BODY, "max_answer_len": float("nan")}, 400, "invalid_option", "max_answer_len"),
    ({**BODY, "max_seq_len": 100_000}, 400, "invalid_option", "max_seq_len"),
    ({**BODY, "max_seq_len": 64, "doc_stride": 64}, 400, "invalid_option", "doc_stride"),
    ({**BODY, "handle_impossible_answer": 1}, 400, "invalid_option", "handle_impossible_answer"),
    ({**BODY, "offsets": "bytes"}, 400, "invalid_option", "offsets"),
    ({**BODY, "deadline_ms": 1000}, 504, "deadline_exceeded", "deadline_ms"),
    ({"question": "何" * 900, "context": CONTEXT * 9}, 400, "question_too_long", "question"),
    ({**BODY, "question": "何" * 1001}, 413, "too_large", "question"),
    ({**BODY, "question": ["何"] * 65}, 413, "too_large", "question"),
    ({**BODY, "context": "何" * 400_001}, 413, "too_large", "context"),
    ({**BODY, "context": ["何" * 200_001] * 2}, 413, "too_large", "context"),
    ({"inputs": {"question": QUESTION}}, 400, "missing_field", "inputs.context"),
    ({"inputs": BODY, "parameters": {"top_k": -1}}, 400, "invalid_option", "parameters.top_k"),
    ({"inputs": BODY, "parameters": {"max_question_len": 1}}, 400, "question_too_long", "inputs.question"),
]


def as_bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


@pytest.mark.parametrize(("body", "code", "kind", "field"), BAD)
def test_bad_input_gets_the_same_clear_error_over_http_and_grpc(
    url: str, grpc_target: str, body: Any, code: int, kind: str, field: str | None
) -> None:
    raw = as_bytes(body)
    reply = requests.post(url, data=raw, headers={"Content-Type": "application/json"}, timeout=30)
    error = reply.json()
    assert (reply.status_code, error["code"], error["type"], error["field"]) == (code, code, kind, field)
    assert error["message"].endswith(".")
    assert error["request_id"]
    over_grpc = ask_grpc(grpc_target, {"data": raw})
    assert {**over_grpc, "request_id": ""} == {**error, "request_id": ""}


@pytest.mark.parametrize(
    "context",
    [
        "\x00",
        "a\x00b\x01c\x7f",
        "\u202eabc\u200f\u061c",
        "😀" * 10_000,
        "か\u3099き\u3099" * 500,
        "㍿ﾊﾝｶｸ℃" * 100,
        "</s><mask><unk>",
        "\ufeff\u200b",
        "𠮷野家で𩸽を食べた。",
    ],
)
def test_odd_but_valid_text_never_ends_in_a_server_error(url: str, context: str) -> None:
    reply = requests.post(url, json={**BODY, "context": context, "top_k": 20}, timeout=60)
    assert reply.status_code < 500, reply.text
    if reply.status_code == 200:
        for span in reply.json()["answers"]:
            assert span["start"] is None or context[span["start"] : span["end"]] == span["answer"]


def test_json_sent_as_a_form_is_told_what_is_missing(url: str) -> None:
    # What `curl -d '{…}'` sends. (With a stray % TorchServe's own decoder fails before us.)
    reply = requests.post(url, data=RAW, headers={"Content-Type": "application/x-www-form-urlencoded"}, timeout=30)
    assert reply.status_code == 400
    assert "Content-Type: application/json" in reply.json()["message"]


def test_the_callers_request_id_comes_back_with_answers_and_errors(url: str) -> None:
    answer = requests.post(url, json={**BODY, "request_id": "依頼-7"}, timeout=30).json()
    error = requests.post(url, json={**BODY, "request_id": "依頼-8", "top_k": 0}, timeout=30).json()
    assert (answer["request_id"], error["request_id"]) == ("依頼-7", "依頼-8")


def test_bad_requests_leave_the_good_ones_of_their_batch_alone(url: str) -> None:
    bad = [b"{", as_bytes({**BODY, "top_k": 0}), b"", as_bytes({"question": QUESTION}), as_bytes({**BODY, "x": 1})]
    bodies = [*bad, *[RAW] * 11]

    def post(body: bytes) -> requests.Response:
        return requests.post(url, data=body, headers={"Content-Type": "application/json"}, timeout=30)

    with ThreadPoolExecutor(len(bodies)) as pool:
        for _ in range(5):
            replies = list(pool.map(post, bodies))
            assert [reply.status_code for reply in replies] == [400] * 5 + [200] * 11
            for reply in replies[5:]:
                assert_is_the_strawberry(reply.json())


@pytest.mark.parametrize("header", ["explain", "describe"])
def test_one_callers_header_does_not_speak_for_the_batch(url: str, header: str) -> None:
    def post(headers: dict[str, str]) -> requests.Response:
        return requests.post(url, json=BODY, headers=headers, timeout=30)

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(post, [{header: "True"}, *[{}] * 7]))
    assert {reply.status_code for reply in replies} == {200}
    for reply in replies[1:]:
        assert_is_the_strawberry(reply.json())


def test_the_model_describes_what_it_runs_on(server: Instance) -> None:
    described = requests.get(f"{server.management_url}/models/{MODEL_NAME}?customized=true", timeout=30).json()
    metadata = described[0]["customizedMetadata"]
    assert metadata["device"] in ("cpu", "cuda:0")
    assert metadata["dtype"] in ("float32", "bfloat16", "float16")
    assert metadata["threads"] >= 1


def test_the_stages_of_a_batch_are_measured(server: Instance, url: str) -> None:
    requests.post(url, json=BODY, timeout=30)
    metrics = requests.get(f"{server.control_url}/metrics", timeout=30).text
    for stage in ("prepare", "compute", "decode"):
        assert (
            float(re.findall(rf'^luke_qa_stage_seconds_count{{stage="{stage}"}} (\S+)$', metrics, re.MULTILINE)[0]) > 0
        )
