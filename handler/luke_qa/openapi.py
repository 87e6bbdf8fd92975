"""The OpenAPI description of the prediction endpoint, generated from the schemas."""

from typing import Any

from pydantic.json_schema import models_json_schema

from luke_qa.errors import RequestError
from luke_qa.schema import ErrorAnswer, NativeAnswer, NativeRequest, PairsRequest, TaskAnswer, TaskRequest

_MODELS = (NativeRequest, PairsRequest, TaskRequest, NativeAnswer, TaskAnswer, ErrorAnswer)
# TorchServe's own error replies, in the same shape without field and request_id.
_SERVER_ERRORS = {404: "No such model", 503: "Queue full, or no worker"}


def build_openapi() -> dict[str, Any]:
    """Return the description as plain data."""
    _, definitions = models_json_schema(
        [(model, "validation") for model in _MODELS], ref_template="#/components/schemas/{model}"
    )
    errors: dict[int, list[str]] = {}
    for error in RequestError.__subclasses__():
        errors.setdefault(error.code, []).append(f"`{error.type}`")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "LUKE Japanese question answering",
            "version": "1.0",
            "description": "Finds the answer to a Japanese question inside a text.",
        },
        "servers": [{"url": "http://127.0.0.1:8080"}],
        "paths": {
            "/predictions/luke-qa": {
                "post": {
                    "summary": "Answer a question from a context",
                    "operationId": "ask",
                    "requestBody": {
                        "required": True,
                        "content": _json(_any_of(NativeRequest, PairsRequest, TaskRequest)),
                    },
                    "responses": {
                        "200": {
                            "description": (
                                "The answer; a list for a list of questions, for pairs (answers and errors), "
                                "or for several answers in the task schema"
                            ),
                            "content": _json(
                                {
                                    "anyOf": [
                                        _ref(NativeAnswer),
                                        _list_of(NativeAnswer),
                                        {"type": "array", "items": _any_of(NativeAnswer, ErrorAnswer)},
                                        _ref(TaskAnswer),
                                        _list_of(TaskAnswer),
                                    ]
                                }
                            ),
                        },
                        **{
                            str(code): {
                                "description": ", ".join(types),
                                "content": _json(_ref(ErrorAnswer)),
                            }
                            for code, types in sorted(errors.items())
                        },
                        **{str(code): {"description": text} for code, text in _SERVER_ERRORS.items()},
                    },
                }
            }
        },
        "components": {"schemas": definitions["$defs"]},
    }


def _ref(model: type) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _list_of(model: type) -> dict[str, Any]:
    return {"type": "array", "items": _ref(model)}


def _any_of(*models: type) -> dict[str, Any]:
    return {"anyOf": [_ref(model) for model in models]}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
