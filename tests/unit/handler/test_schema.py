import pytest
from pydantic import BaseModel

from luke_qa.schema import NativeRequest, TaskInputs, TaskParameters, TaskRequest


@pytest.mark.parametrize("model", [NativeRequest, TaskRequest, TaskInputs, TaskParameters])
def test_every_field_of_a_request_can_say_what_it_allows(model: type[BaseModel]) -> None:
    for field in model.model_fields.values():
        assert isinstance(field.json_schema_extra, dict)
        assert field.json_schema_extra["allowed"]


@pytest.mark.parametrize("model", [NativeRequest, TaskParameters])
def test_the_sentence_about_a_number_states_its_bounds(model: type[BaseModel]) -> None:
    for name, field in model.model_json_schema()["properties"].items():
        for bound in ("minimum", "maximum"):
            for kind in field.get("anyOf", []):
                if bound in kind and name != "deadline_ms":
                    assert str(kind[bound]) in field["allowed"], name


def test_both_schemas_share_their_options() -> None:
    shared = NativeRequest.model_fields.keys() & TaskParameters.model_fields.keys()
    assert shared == {
        "top_k",
        "max_answer_len",
        "max_seq_len",
        "doc_stride",
        "handle_impossible_answer",
        "join_lines",
        "offsets",
    }
    for name in shared:
        assert repr(NativeRequest.model_fields[name]) == repr(TaskParameters.model_fields[name])
