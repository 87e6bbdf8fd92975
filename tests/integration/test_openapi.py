"""The published description against the live server."""

import json
from typing import Any

import pytest
import requests
from openapi_schema_validator import OAS31Validator

from luke_qa.openapi import build_openapi
from ops.layout import ROOT
from tests.integration.test_wire import BAD, BODY, as_bytes

PUBLISHED: dict[str, Any] = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))
OPERATION = PUBLISHED["paths"]["/predictions/luke-qa"]["post"]
GOOD: list[dict[str, Any]] = [
    BODY,
    {**BODY, "top_k": 3, "handle_impossible_answer": True, "max_answer_len": 5, "max_seq_len": 64, "doc_stride": 8},
    {**BODY, "question": [BODY["question"]] * 2, "offsets": "utf16", "request_id": "a", "deadline_ms": None},
    {**BODY, "context": [BODY["context"], "明日は雨です。"]},
    {
        "question": BODY["question"],
        "context": [
            "",
            {"text": BODY["context"], "id": "p1", "title": "紹介", "score": 2},
            {"text": "雨", "score": 1.5},
        ],
        "top_k": 5,
        "top_k_per_document": 2,
        "overlap": 0.5,
        "min_score": 0.01,
        "passage": "sentence",
        "max_windows": "all",
        "retriever_weight": 0.5,
    },
    {"pairs": [BODY, {"question": " ", "context": "雨"}], "passage": 20, "max_windows": 2},
    {"inputs": BODY},
    {"inputs": BODY, "parameters": {"top_k": 2, "align_to_words": True, "max_question_len": 64}},
]


def validator(content: dict[str, Any]) -> Any:
    """A validator of JSON content, with the description's components at hand."""
    return OAS31Validator({**content["application/json"]["schema"], "components": PUBLISHED["components"]})


def test_the_published_file_is_what_the_schemas_say() -> None:
    assert build_openapi() == PUBLISHED, "run `make generated`"


@pytest.mark.parametrize("body", GOOD)
def test_requests_and_answers_are_as_described(url: str, body: dict[str, Any]) -> None:
    validator(OPERATION["requestBody"]["content"]).validate(body)
    reply = requests.post(url, json=body, timeout=30)
    assert reply.status_code == 200
    validator(OPERATION["responses"]["200"]["content"]).validate(reply.json())


@pytest.mark.parametrize(("body", "code", "kind", "field"), BAD)
def test_errors_are_as_described(url: str, body: Any, code: int, kind: str, field: str | None) -> None:
    reply = requests.post(url, data=as_bytes(body), headers={"Content-Type": "application/json"}, timeout=30)
    response = OPERATION["responses"][str(reply.status_code)]
    assert f"`{kind}`" in response["description"]
    validator(response["content"]).validate(reply.json())
