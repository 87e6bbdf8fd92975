"""The tables of the wire protocol agree with the schemas, the settings and TorchServe's configuration."""

import re
from dataclasses import asdict
from typing import Any

from luke_qa.schema import NativeRequest, TaskParameters
from luke_qa.settings import Settings
from luke_qa_client._transport import grpc_messages
from ops.instance import read_properties
from ops.layout import CONFIG, ROOT
from ops.profiles import Profile, read_model_config
from tests.support.documents import read_blocks, read_tables

PAGE = ROOT / "docs" / "wire.md"
TABLES = read_tables(PAGE)


def table(*columns: str) -> list[dict[str, str]]:
    """Return the only table that has these columns."""
    (found,) = (rows for rows in TABLES if rows[0].keys() >= set(columns))
    return found


def test_every_field_of_a_request_is_listed_with_what_it_allows() -> None:
    def allowed(extra: Any) -> str:
        return str(extra["allowed"])

    listed = {row["field"].strip("`"): row["allowed"] for row in table("field", "allowed")}
    assert listed == {name: allowed(field.json_schema_extra) for name, field in NativeRequest.model_fields.items()}


def test_the_defaults_are_the_settings() -> None:
    defaults = {row["field"].strip("`"): row["default"] for row in table("field", "allowed")}
    assert defaults["max_answer_len"] == str(Settings().max_answer_len)
    assert defaults["doc_stride"].startswith(f"{Settings().doc_stride},")
    assert (Settings().max_seq_len, defaults["max_seq_len"]) == ("auto", "the model's maximum")


def test_every_parameter_of_the_other_schema_is_named() -> None:
    text = PAGE.read_text("utf-8")
    (about,) = re.findall(r"^`parameters` takes (.*?)^## ", text, re.DOTALL | re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", about)) >= TaskParameters.model_fields.keys()


def test_the_limits_are_those_that_are_set() -> None:
    config = read_model_config(Profile.CPU)
    properties = read_properties(CONFIG / "config.properties")
    known = {**asdict(Settings()), **config["handler"], **config, **properties}
    listed = {row["setting"].strip("`"): int(row["default"].replace(",", "")) for row in table("setting")}
    assert listed == {name: int(known[name]) for name in listed}
    limits = {name for name in asdict(Settings()) if re.fullmatch(r"max_\w+(s|bytes)", name)}
    assert listed.keys() >= limits - {"max_windows"}  # the default of an option


def test_the_messages_are_those_that_the_client_speaks() -> None:
    (proto,) = (block.code for block in read_blocks(PAGE) if block.language == "proto")
    messages = {
        name: {field: int(number) for field, number in re.findall(r"(\w+) = (\d+);", body)}
        for name, body in re.findall(r"message (\w+) {(.*?)}", proto, re.DOTALL)
    }
    spoken = [grpc_messages.PredictionsRequest, grpc_messages.PredictionResponse, grpc_messages.HealthResponse]
    assert messages == {
        kind.DESCRIPTOR.name: {field.name: field.number for field in kind.DESCRIPTOR.fields} for kind in spoken
    }
    (package,) = re.findall(r"^package (.*);", proto, re.MULTILINE)
    (service,) = re.findall(r"^service (\w+)", proto, re.MULTILINE)
    calls = [f"/{package}.{service}/{name}" for name in re.findall(r"rpc (\w+)", proto)]
    assert calls == [grpc_messages.PREDICTIONS, grpc_messages.PING]
