import json
from typing import Any

import pytest

from luke_qa.errors import Part, RequestError
from luke_qa.incoming import read_fields
from luke_qa.query import Options
from luke_qa.request import MAX_NAME_CHARS, Request, caller_id, parse_request
from luke_qa.schema import NativeRequest
from luke_qa.settings import Settings
from tests.support.wire import CONTEXT, NATIVE, QUESTION, TASK, Row

MAX_TOKENS = 512
LIMITS = Settings(max_questions=3, max_documents=3, max_question_chars=20, max_context_chars=50)
TEXT = json.dumps(NATIVE, ensure_ascii=False)


def read(row: Row, settings: Settings = LIMITS) -> Request:
    return parse_request(read_fields(row, settings.max_inflated_bytes), settings, MAX_TOKENS)


def refused(row: Row, settings: Settings = LIMITS) -> RequestError:
    with pytest.raises(RequestError) as caught:
        read(row, settings)
    assert str(caught.value).endswith(".")
    return caught.value


def encoded(fields: dict[str, Any]) -> dict[str, bytearray]:
    """A form, or gRPC's map with a key per field."""
    return {
        name: bytearray((value if isinstance(value, str) else json.dumps(value)).encode())
        for name, value in fields.items()
    }


@pytest.mark.parametrize(
    "row",
    [
        pytest.param({"body": NATIVE}, id="parsed JSON"),
        pytest.param({"body": bytearray(TEXT.encode())}, id="JSON without content type"),
        pytest.param({"body": TEXT.encode()}, id="bytes"),
        pytest.param({"body": TEXT}, id="text/plain"),
        pytest.param({"body": json.dumps(NATIVE)}, id="escaped JSON"),
        pytest.param({"data": bytearray(TEXT.encode())}, id="the whole JSON under data"),
        pytest.param({"data": TEXT}, id="a form field data"),
        pytest.param(encoded(NATIVE), id="form fields"),
        pytest.param(dict(NATIVE), id="form fields as text"),
    ],
)
def test_every_way_of_sending_a_request_reads_the_same(row: Row) -> None:
    assert read(row) == read({"body": NATIVE})


def test_form_fields_carry_options_too() -> None:
    options = {"top_k": 5, "handle_impossible_answer": True, "offsets": "utf16", "request_id": "007", "deadline_ms": 1}
    request = read(encoded(NATIVE | options))
    assert request == read({"body": NATIVE | options})


def test_form_fields_carry_the_task_schema_too() -> None:
    assert read(encoded(TASK | {"parameters": {"top_k": 2}})).query.options.top_k == 2


def test_a_form_field_that_looks_like_a_number_stays_text_where_text_is_due() -> None:
    assert read(encoded(NATIVE | {"question": "2024", "context": "1"})).query.questions == ("2024",)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"instances": [NATIVE]}, "instances"),
        ({"inputs": [{"name": "request", "datatype": "BYTES", "shape": [1, 1], "data": ["{}"]}]}, "inputs"),
    ],
)
def test_bodies_of_kserves_protocols_are_told_the_right_address(body: Any, field: str) -> None:
    with pytest.raises(RequestError, match="/predictions/luke-qa") as raised:
        read({"body": body})
    assert (raised.value.code, raised.value.field) == (400, field)


def test_defaults_are_those_of_the_settings() -> None:
    settings = Settings(max_answer_len=7, doc_stride=11, max_seq_len=99)
    assert read({"body": NATIVE}, settings).query.options == Options(
        top_k=1, max_answer_len=7, max_seq_len=99, doc_stride=11, max_windows=8
    )


def test_all_windows_are_read_if_the_server_or_the_caller_says_so() -> None:
    assert read({"body": NATIVE}, Settings(max_windows="all")).query.options.max_windows is None
    assert read({"body": NATIVE | {"max_windows": "all"}}).query.options.max_windows is None
    assert read({"body": NATIVE | {"max_windows": 3}}, Settings(max_windows="all")).query.options.max_windows == 3
    assert read(encoded(NATIVE | {"max_windows": "all"})).query.options.max_windows is None


def test_null_means_the_default() -> None:
    nulls = dict.fromkeys(NativeRequest.model_fields.keys() - NATIVE.keys())
    assert {"top_k", "max_windows", "offsets", "deadline_ms"} < nulls.keys()
    assert read({"body": NATIVE | nulls}) == read({"body": NATIVE})
    assert read({"body": TASK | {"parameters": None}}) == read({"body": TASK})


def test_auto_is_the_longest_input_of_the_model() -> None:
    assert read({"body": NATIVE}).query.options.max_seq_len == MAX_TOKENS


def test_a_small_window_gets_an_overlap_that_suits_it() -> None:
    assert read({"body": NATIVE | {"max_seq_len": 64}}).query.options.doc_stride == 32


def test_native_options_are_read() -> None:
    given = {
        "top_k": 3,
        "top_k_per_document": 2,
        "max_answer_len": 9,
        "max_seq_len": 100,
        "doc_stride": 0,
        "join_lines": True,
        "max_windows": 5,
        "overlap": 0,
        "min_score": 0.5,
        "retriever_weight": 1.5,
        "passage": 40,
    }
    request = read({"body": NATIVE | given})
    assert request.query.options == Options(**given)  # type: ignore[arg-type]
    assert not request.is_task


def test_documents_may_be_objects_beside_strings() -> None:
    documents = ["苺", {"id": "p12", "title": "果物", "text": "桃", "score": 3.2}, {"text": "梨"}]
    request = read({"body": {"question": QUESTION, "context": documents}})
    assert request.query.contexts == ("苺", "桃", "梨")
    assert request.query.scores == (None, 3.2, None)
    assert [(document.id, document.title) for document in request.documents] == [
        (None, None),
        ("p12", "果物"),
        (None, None),
    ]
    assert read({"body": {"question": QUESTION, "context": documents[1]}}).query.contexts == ("桃",)
    assert read({"body": NATIVE}).documents == ()


def test_a_blank_document_among_others_keeps_its_place() -> None:
    assert read({"body": {"question": QUESTION, "context": ["", "苺", " "]}}).query.contexts == ("", "苺", " ")


def test_task_options_are_read() -> None:
    parameters = {
        "top_k": 3,
        "doc_stride": 8,
        "max_answer_len": 9,
        "max_seq_len": 100,
        "max_question_len": 12,
        "handle_impossible_answer": True,
        "join_lines": True,
    }
    ignored = {"align_to_words": False, "offsets": "utf16"}
    options = {"use_cache": False, "wait_for_model": True}
    request = read({"body": TASK | {"parameters": parameters | ignored, "options": options}})
    assert request.query.options == Options(**parameters, max_windows=8)  # type: ignore[arg-type]
    assert request.is_task
    assert request.is_utf16
    assert request.names.of(Part("question", 0)) == "inputs.question"
    assert request.names.of(Part("max_seq_len")) == "parameters.max_seq_len"


def test_lists_name_their_items() -> None:
    many_questions = read({"body": {"question": ["何？", "誰？"], "context": CONTEXT}})
    assert [many_questions.names.of(Part("question", i)) for i in (0, 1)] == ["question[0]", "question[1]"]
    assert many_questions.names.of(Part("context", 0)) == "context"
    assert many_questions.is_question_list
    many_contexts = read({"body": {"question": QUESTION, "context": ["あ", "い"]}})
    assert [many_contexts.names.of(Part("context", i)) for i in (0, 1)] == ["context[0]", "context[1]"]
    assert many_contexts.names.of(Part("question", 0)) == "question"
    assert many_contexts.names.of(Part("doc_stride")) == "doc_stride"
    assert not many_contexts.is_question_list
    assert read({"body": NATIVE | {"question": [QUESTION]}}).is_question_list


NOT_AN_OBJECT = {
    "empty": b"",
    "blank": b"  \n",
    "not JSON": "苺".encode(),
    "half an object": TEXT.encode()[:-5],
    "two objects": (TEXT + TEXT).encode(),
    "a list": b"[]",
    "a list of objects": f"[{TEXT}]".encode(),
    "a number": b"1",
    "a text": b'"question"',
    "null": b"null",
    "not UTF-8": '{"question": "何"}'.encode("shift_jis"),
    "UTF-16": TEXT.encode("utf-16"),
    "nested without end": b"[" * 100_000,
    "a number without end": b'{"top_k": ' + b"9" * 5000 + b"}",
    "NUL": b"\0",
}


@pytest.mark.parametrize("content", NOT_AN_OBJECT)
@pytest.mark.parametrize("key", ["body", "data"])
def test_what_is_not_an_object_of_json_is_invalid_json(key: str, content: str) -> None:
    error = refused({key: bytearray(NOT_AN_OBJECT[content])})
    assert (error.code, error.type) == (400, "invalid_json")
    assert len(str(error)) < 300


@pytest.mark.parametrize("row", [{}, {"body": []}, {"body": [NATIVE]}, {"body": 1}, {"body": ""}, {"body": None}])
def test_parsed_json_that_is_no_object_is_invalid_json(row: Row) -> None:
    assert refused(row).type == "invalid_json"


def test_json_sent_as_a_form_says_which_content_type_is_due() -> None:
    error = refused({TEXT: bytearray()})
    assert error.type == "invalid_json"
    assert "application/json" in str(error)


def test_a_form_field_that_is_not_utf8_is_invalid_json() -> None:
    assert refused({"question": bytearray(b"\xff"), "context": bytearray(b"a")}).type == "invalid_json"


BadField = tuple[dict[str, Any], str, str]


def wrong(option: str, *values: Any) -> list[BadField]:
    return [({option: value}, "invalid_option", option) for value in values]


NAN, INFINITY = float("nan"), float("inf")
BAD_NATIVE: list[BadField] = [
    ({"question": None}, "invalid_value", "question"),
    ({"question": ""}, "invalid_value", "question"),
    ({"question": " 　\n\t"}, "invalid_value", "question"),
    ({"question": 5}, "invalid_value", "question"),
    ({"question": True}, "invalid_value", "question"),
    ({"question": {"text": "何？"}}, "invalid_value", "question"),
    ({"question": []}, "invalid_value", "question"),
    ({"question": ["何？", 5]}, "invalid_value", "question"),
    ({"question": ["何？", ""]}, "invalid_value", "question[1]"),
    ({"question": [["何？"]]}, "invalid_value", "question"),
    ({"question": "\ud800"}, "invalid_value", "question"),
    ({"context": None}, "invalid_value", "context"),
    ({"context": ""}, "invalid_value", "context"),
    ({"context": " " * 40}, "invalid_value", "context"),
    ({"context": 1.5}, "invalid_value", "context"),
    ({"context": []}, "invalid_value", "context"),
    ({"context": ["", " "]}, "invalid_value", "context[0]"),
    ({"context": [{"text": "苺", "meta": {}}]}, "invalid_value", "context"),
    ({"context": [{"id": "1"}]}, "invalid_value", "context"),
    ({"max_windows": 0}, "invalid_option", "max_windows"),
    ({"max_windows": "some"}, "invalid_option", "max_windows"),
    ({"overlap": 1.5}, "invalid_option", "overlap"),
    ({"min_score": "0.5"}, "invalid_option", "min_score"),
    ({"passage": "paragraph"}, "invalid_option", "passage"),
    ({"retriever_weight": -1}, "invalid_option", "retriever_weight"),
    ({"top_k_per_document": 0}, "invalid_option", "top_k_per_document"),
    ({"context": ["苺", None]}, "invalid_value", "context"),
    ({"context": "苺\udfff"}, "invalid_value", "context"),
    ({"question": ["何？"], "context": ["苺"]}, "invalid_value", "context"),
    ({"topk": 1}, "unknown_option", "topk"),
    ({"": 1}, "unknown_option", ""),
    ({"Question": "何？"}, "unknown_option", "Question"),
    ({"parameters": {"top_k": 1}}, "unknown_option", "parameters"),
    ({"max_question_len": 5}, "unknown_option", "max_question_len"),
    *wrong("top_k", 0, -1, 101, 1.0, 1.5, "3", True, NAN, [1], 10**40),
    *wrong("max_answer_len", 0, 129, "30", False, INFINITY),
    *wrong("max_seq_len", 15, -5, "384", True, NAN, {}),
    *wrong("doc_stride", -1, "128", True, NAN, 512, 10**40),
    ({"max_seq_len": 64, "doc_stride": 64}, "invalid_option", "doc_stride"),
    *wrong("handle_impossible_answer", 1, 0, "true", "", []),
    *wrong("join_lines", 1, "true"),
    *wrong("offsets", "bytes", "UTF16", "", 16, True),
    *wrong("deadline_ms", -1, "0", 1.5, True, NAN),
    *wrong("request_id", "", "x" * 129, 7, [], "\ud800"),
]


@pytest.mark.parametrize(("fields", "kind", "field"), BAD_NATIVE)
def test_a_bad_native_field_is_named_with_what_is_allowed(fields: dict[str, Any], kind: str, field: str) -> None:
    for row in ({"body": NATIVE | fields}, {"body": bytearray(json.dumps(NATIVE | fields).encode())}):
        error = refused(row, Settings())
        assert (error.code, error.type, error.field) == (400, kind, field)
        assert field in str(error)
        str(error).encode()


@pytest.mark.parametrize("field", ["question", "context"])
def test_a_missing_field_is_named(field: str) -> None:
    error = refused({"body": {name: text for name, text in NATIVE.items() if name != field}})
    assert (error.code, error.type, error.field) == (400, "missing_field", field)


@pytest.mark.parametrize(
    ("fields", "kind", "field"),
    [
        ({"inputs": None}, "invalid_value", "inputs"),
        ({"inputs": "何？"}, "invalid_value", "inputs"),
        ({"inputs": [NATIVE]}, "invalid_value", "inputs"),
        ({"inputs": {}}, "missing_field", "inputs.question"),
        ({"inputs": {"question": QUESTION}}, "missing_field", "inputs.context"),
        ({"inputs": NATIVE | {"question": ""}}, "invalid_value", "inputs.question"),
        ({"inputs": NATIVE | {"context": ["苺"]}}, "invalid_value", "inputs.context"),
        ({"inputs": NATIVE | {"context": "\n"}}, "invalid_value", "inputs.context"),
        ({"inputs": NATIVE | {"context": "\ud800"}}, "invalid_value", "inputs.context"),
        ({"inputs": NATIVE | {"top_k": 1}}, "unknown_option", "inputs.top_k"),
        ({"top_k": 1}, "unknown_option", "top_k"),
        ({"question": QUESTION}, "unknown_option", "question"),
        ({"parameters": []}, "invalid_option", "parameters"),
        ({"parameters": {"topk": 1}}, "unknown_option", "parameters.topk"),
        ({"parameters": {"top_k": 0}}, "invalid_option", "parameters.top_k"),
        ({"parameters": {"max_question_len": 0}}, "invalid_option", "parameters.max_question_len"),
        ({"parameters": {"align_to_words": "no"}}, "invalid_option", "parameters.align_to_words"),
        ({"parameters": {"offsets": "bytes"}}, "invalid_option", "parameters.offsets"),
        ({"options": []}, "invalid_option", "options"),
        ({"parameters": {"doc_stride": 512}}, "invalid_option", "parameters.doc_stride"),
    ],
)
def test_a_bad_task_field_is_named_by_its_path(fields: dict[str, Any], kind: str, field: str) -> None:
    error = refused({"body": TASK | fields})
    assert (error.code, error.type, error.field) == (400, kind, field)
    assert field in str(error)


@pytest.mark.parametrize(
    ("fields", "field", "limit"),
    [
        ({"question": "何" * 21}, "question", 20),
        ({"question": ["何", "何" * 21]}, "question[1]", 20),
        ({"question": ["何"] * 4}, "question", 3),
        ({"context": "苺" * 51}, "context", 50),
        ({"context": ["苺" * 20] * 3}, "context", 50),
        ({"context": ["苺"] * 4}, "context", 3),
    ],
)
def test_beyond_a_limit_is_too_large_and_names_the_limit(fields: dict[str, Any], field: str, limit: int) -> None:
    error = refused({"body": NATIVE | fields})
    assert (error.code, error.type, error.field) == (413, "too_large", field)
    assert str(limit) in str(error)


def test_at_a_limit_is_accepted() -> None:
    for fields in ({"question": "何" * 20}, {"question": ["何"] * 3}, {"context": ["苺" * 25] * 2}):
        assert read({"body": NATIVE | fields})


def test_limits_count_characters_and_not_bytes() -> None:
    assert read({"body": NATIVE | {"context": "𠮷" * 50}})


def test_a_huge_name_is_cut_in_its_error() -> None:
    error = refused({"body": NATIVE | {"x" * 100_000: 1}})
    assert error.field == "x" * MAX_NAME_CHARS
    assert len(str(error)) < 500


@pytest.mark.parametrize(
    "fields",
    [
        NATIVE | {"\ud800": 1},
        {"inputs": NATIVE | {"\udfff": 1}},
        TASK | {"parameters": {"\ud800": 1}},
        TASK | {"\ud800": {}},
        TASK | {"options": {"\ud800": 1}},
        {"\ud800": 1},
    ],
)
def test_half_a_surrogate_pair_in_a_name_is_an_ordinary_error(fields: dict[str, Any]) -> None:
    for row in ({"body": fields}, {"body": json.dumps(fields)}):
        error = refused(row)
        assert error.code == 400
        str(error).encode()


def test_a_caller_id_is_found_in_a_request_that_is_otherwise_wrong() -> None:
    assert caller_id({"request_id": "mine", "context": 5}) == "mine"
    for unusable in ({}, {"request_id": ""}, {"request_id": 7}, {"request_id": "x" * 129}, {"request_id": "\ud800"}):
        assert caller_id(unusable) is None


@pytest.mark.parametrize("key", ["body", "data"])
def test_a_field_beside_the_whole_request_is_not_dropped_in_silence(key: str) -> None:
    error = refused({key: bytearray(TEXT.encode()), "top_k": bytearray(b"3")})
    assert (error.code, error.type) == (400, "unknown_option")


def test_an_empty_object_lacks_its_question() -> None:
    error = refused({"body": bytearray(b"{}")})
    assert (error.code, error.type, error.field) == (400, "missing_field", "question")
