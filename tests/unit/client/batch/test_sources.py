"""The rows of each format, and their problems."""

import csv
import io
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from luke_qa_client import Answer
from luke_qa_client._batch import csv_table
from luke_qa_client._batch.arrow_types import without_dictionaries
from luke_qa_client._batch.csv_table import CsvSource
from luke_qa_client._batch.formats import open_sink, open_source, open_stream
from luke_qa_client._batch.json_lines import JsonLinesSource
from luke_qa_client._batch.parquet import ParquetSource
from luke_qa_client._batch.results import RESULT_COLUMNS
from luke_qa_client._batch.rows import InputError, Row, error_values, row_error
from luke_qa_client._batch.run import rows_and_columns
from luke_qa_client._batch.text_lines import TextLines
from luke_qa_client._batch.values import json_line
from tests.unit.client.process import run_python

NO_END = (
    'a quotation mark (") that opens a cell is not closed, or text follows its end. '
    'Inside such a cell, write each mark twice ("").'
)


def json_rows(content: str | bytes) -> list[Row]:
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return list(JsonLinesSource(TextLines(io.BytesIO(raw)), len(raw)).rows())


def csv_rows(content: str | bytes) -> list[Row]:
    raw = content.encode() if isinstance(content, str) else content
    return list(CsvSource(TextLines(io.BytesIO(raw)), "in.csv", len(raw)).rows())


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "The line is not JSON."),
        ("[" * 100_000, "The line is not JSON."),
        ("[1]", "The line is not a JSON object."),
        (b"\xff", "The line is not UTF-8."),
        ("{}", "The row has no question."),
        ('{"question": 5, "context": "c"}', "The question of the row must be text, not 5."),
        ('{"question": " \\n", "context": "c"}', "The row has no question."),
        ('{"question": "q"}', "The row has no context."),
        ('{"question": "q", "context": ""}', "The row has no context."),
        ('{"question": "q", "context": []}', "The row has no context."),
        ('{"question": "q", "context": ["c", 1]}', "The context of the row must be text or a list of texts, not 1."),
        ('{"question": "q", "context": "c", "score": 1}', "The column 'score' is reserved for the answer. Rename it."),
        ('{"question": NaN, "context": "c"}', "The row has no question."),
        (
            '{"question": "q", "context": {"a": 1}}',
            "The context of the row must be text or a list of texts, not {'a': 1}.",
        ),
    ],
)
def test_a_line_that_cannot_be_asked_says_why(line: str | bytes, problem: str) -> None:
    (row,) = json_rows(line)
    assert row.problem == problem


def test_lines_keep_their_numbers_and_their_place() -> None:
    content = '\ufeff{"question": "q", "context": "c"}\r\n\n{"question": "q", "context": ["c", ""], "id": 1}'
    first, second = json_rows(content)
    assert (first.line, first.problem, first.question, first.context) == (1, None, "q", "c")
    assert (second.line, second.position, second.context) == (3, len(content.encode()), ["c", ""])


def test_a_pipe_in_another_encoding_is_read() -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as file:
        file.write('{"question": "何が", "context": "苺"}\n'.encode("cp932"))
    (row,) = open_stream(os.fdopen(reader, "rb"), encoding="cp932").rows()
    assert (row.question, row.context) == ("何が", "苺")


JIS = b"\x1b$B2?$,-!\x1b(B", "何が①"  # a character of Windows: Python's ISO-2022-JP does not have it


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
@pytest.mark.parametrize(
    ("encoding", "damage"),
    [(None, b"\x1b$B)!\x1b(B"), ("iso-2022-jp", b"\x1b$B)!\x1b(B"), ("iso-2022-jp", b"\x1b$B\xa4\xa2\x1b(B")],
)
def test_iso_2022_jp_of_windows_is_read_and_damage_is_a_problem_of_its_row(
    tmp_path: Path, suffix: str, encoding: str | None, damage: bytes
) -> None:
    form = b'{"question": "%s", "context": "c"}\n' if suffix == ".jsonl" else b"%s,c\n"
    path, what = tmp_path / f"in{suffix}", "line" if suffix == ".jsonl" else "row"
    lines = [form % question for question in (JIS[0], JIS[0] + damage, JIS[0])]
    path.write_bytes(b"".join([b"question,context\n" if suffix == ".csv" else b"", *lines]))
    with open_source(path, encoding=encoding) as source:
        first, bad, last = source.rows()
    assert (first.question, last.question, bad.problem) == (JIS[1], JIS[1], f"The {what} is not ISO-2022-JP.")
    assert "何が" in (bad.text or "")
    assert last.position == path.stat().st_size
    json_line(error_values(bad, row_error("It is bad.")))


def test_damage_in_an_encoding_that_has_no_place_for_it_is_a_sentence() -> None:
    with pytest.raises(InputError, match="The input cannot be read on: it is not utf_7"):
        list(TextLines(io.BytesIO(b'{}\n+\xff"'), "utf_7"))


def test_a_csv_row_may_take_several_lines() -> None:
    content = '\ufeffid,question,context\n1,q,"a\r\nb ""c"""\n\n2,q,d\n'
    first, second = csv_rows(content)
    assert first == Row(2, first.position, {"id": "1", "question": "q", "context": 'a\r\nb "c"'}, "q", 'a\r\nb "c"')
    assert (second.line, second.position) == (5, len(content.encode()))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"q", "The row has 1 fields, but the header has 2."),
        (b"q,c,more", "The row has 3 fields, but the header has 2."),
        ("質問,文".encode("shift_jis"), "The row is not UTF-8."),
        (b",c", "The row has no question."),
        (b"q,", "The row has no context."),
        (b'q,"c"d', f"The row is not valid CSV: {NO_END}"),
    ],
)
def test_a_csv_row_that_cannot_be_asked_says_why(line: bytes, problem: str) -> None:
    first, bad, last = csv_rows(b"question,context\nq,c\n" + line + b"\nq,c\n")
    assert (first.problem, bad.problem, last.problem) == (None, problem, None)
    assert (bad.line, last.line) == (3, 4)


def test_a_quotation_without_an_end_in_the_last_line_is_a_problem_of_that_row() -> None:
    first, last = csv_rows('question,context\nq,c\nq,"c\n')
    assert (first.problem, last.problem, last.text) == (None, f"The row is not valid CSV: {NO_END}", 'q,"c')


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('q,"c\nq,c\nq,c\n', 2),
        ('q,"c\nq,"c"\n', 2),
        ('q,c\n"q","c\n"q","c"\n', 3),
        ('q,"c\nc","c\nq,""\nq,c\n', 3),  # the line in which the first cell ends
        ('q,""\n"q ""q"" q","""c""\nq,c\n', 3),
        ('"q","c\nc","x" y\nq,c\n', 3),  # text after a quotation that is closed
    ],
)
def test_a_quotation_without_an_end_is_told_with_the_line_where_it_opens(content: str, line: int) -> None:
    with pytest.raises(InputError) as caught:
        csv_rows(f"question,context\n{content}")
    assert str(caught.value) == f"in.csv is not valid CSV from line {line} on: {NO_END}"


def test_a_cell_that_is_too_long_may_have_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = csv.field_size_limit()
    monkeypatch.setattr(csv_table, "_LONGEST_FIELD", 20)
    try:
        with pytest.raises(InputError, match="line 3 on: a cell has more than 20 characters: perhaps a quotation mark"):
            csv_rows('question,context\nq,c\nq,"c\nq,ccccccccccc\nq,ccccccccccc\n')
    finally:
        csv.field_size_limit(usual)  # it is the process's


KIND = pyarrow.dictionary(pyarrow.int8(), pyarrow.string())


def nested(type: pyarrow.DataType, value: Any) -> pyarrow.Scalar:
    """A value of a type with dictionaries, which pyarrow does not make by itself."""
    return pyarrow.array([value], without_dictionaries(type)).cast(type)[0]


TYPED: Sequence[tuple[str, Any, Any]] = (  # a column, its value in Arrow, and in JSON
    ("flag", True, True),
    ("number", 2**40, 2**40),
    ("nothing", None, None),
    ("list", [1, 2], [1, 2]),
    ("map", {"a": {"b": "c"}}, {"a": {"b": "c"}}),
    ("price", Decimal("1.50"), "1.50"),
    ("when", datetime(2026, 11, 24, tzinfo=UTC), "2026-11-24 00:00:00+00:00"),
    ("nanos", pyarrow.scalar(1, pyarrow.timestamp("ns")), "1970-01-01 00:00:00.000000001"),
    ("kind", pyarrow.scalar("x", KIND), "x"),
    ("kinds", nested(pyarrow.list_(KIND), ["x", None]), ["x", None]),
    ("many", nested(pyarrow.large_list(KIND), ["x"]), ["x"]),
    ("two", nested(pyarrow.list_(KIND, 2), ["x", "y"]), ["x", "y"]),
    ("deep", nested(pyarrow.struct([("a", pyarrow.list_(KIND))]), {"a": ["x"]}), {"a": ["x"]}),
    ("named", nested(pyarrow.map_(pyarrow.string(), KIND), [("a", "x")]), [["a", "x"]]),
    ("unnamed", pyarrow.scalar(None, pyarrow.map_(pyarrow.string(), pyarrow.int32())), None),
    ("times", pyarrow.scalar([1], pyarrow.list_(pyarrow.timestamp("ns"))), ["1970-01-01 00:00:00.000000001"]),
    ("long", pyarrow.scalar([1], pyarrow.list_(pyarrow.duration("ns"))), [1]),
    ("far", pyarrow.scalar(2**39, pyarrow.timestamp("s")), "19391-01-25 12:18:08.000"),
)


def typed_table() -> pyarrow.Table:
    values = {"question": ["q"], "context": [["c", "d"]]}
    columns = {name: pyarrow.array([value]) for name, value, _ in TYPED if not isinstance(value, pyarrow.Scalar)}
    scalars = {name: pyarrow.repeat(value, 1) for name, value, _ in TYPED if isinstance(value, pyarrow.Scalar)}
    return pyarrow.table({**values, **columns, **scalars})


def undictionaried(column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """The values, with dictionaries replaced."""
    return column.cast(without_dictionaries(column.type))


def through(path: Path, suffix: str) -> tuple[Row, bytes, Path]:
    """The only row of a file, and what a sink writes for it, without the columns of the answer."""
    with open_source(path) as source:
        rows, columns = rows_and_columns(source)
        (row,) = rows
        sink = open_sink(suffix, source, columns)
        answer = Answer("苺", 0.5, None, None, None, no_answer_score=0.1, request_id="")
        part = path.with_name(f"out{suffix}.part")
        part.write_bytes(sink.header() + sink.encode([(row, answer)]))
        sink.finish(part, path.with_name(f"out{suffix}"))
        return row, path.with_name(f"out{suffix}").read_bytes(), path.with_name(f"out{suffix}")


def test_the_types_of_parquet_come_through_parquet(tmp_path: Path) -> None:
    parquet.write_table(typed_table(), tmp_path / "in.parquet")
    row, _, out = through(tmp_path / "in.parquet", ".parquet")
    assert (row.question, row.context) == ("q", ["c", "d"])
    before, after = parquet.read_table(tmp_path / "in.parquet"), parquet.read_table(out)
    for name in before.schema.names:
        assert after.column(name).equals(undictionaried(before.column(name))), name
    assert after.column("start").to_pylist() == [None]


def test_the_types_of_parquet_become_json(tmp_path: Path) -> None:
    parquet.write_table(typed_table(), tmp_path / "in.parquet")
    _, content, _ = through(tmp_path / "in.parquet", ".jsonl")
    found = json.loads(content)
    assert {name: found[name] for name, _, _ in TYPED} == {name: value for name, _, value in TYPED}


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_what_a_table_has_no_type_for_is_kept_as_json(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "in.jsonl").write_text(
        '{"question": "q", "context": "c", "n": 1, "none": null, "list": [1, "あ"], "half": "\\ud800"}', "utf-8"
    )
    _, content, out = through(tmp_path / "in.jsonl", suffix)
    if suffix == ".csv":
        header, line = content.decode().splitlines()
        carried = ["question", "context", "n", "none", "list", "half"]
        assert header.split(",") == [*carried, *RESULT_COLUMNS]
        assert line == 'q,c,1,,"[1, ""あ""]",\\ud800,苺,0.5,,,,0.1,,'
    else:
        (found,) = parquet.read_table(out).to_pylist()
        assert [found[name] for name in ("n", "none", "list", "half")] == ["1", None, '[1, "あ"]', "\\ud800"]


def test_parquet_with_nothing_in_its_columns_comes_through_parquet(tmp_path: Path) -> None:
    nothing = {field.name: pyarrow.nulls(1, field.type) for field in typed_table().schema}
    question = {"question": ["q"], "context": ["c"]}
    parquet.write_table(pyarrow.table({**nothing, **question}), tmp_path / "in.parquet")
    _, _, out = through(tmp_path / "in.parquet", ".parquet")
    (found,) = parquet.read_table(out).to_pylist()
    assert {name: found[name] for name, _, _ in TYPED} == dict.fromkeys((name for name, _, _ in TYPED), None)


@pytest.mark.parametrize("columns", [["question", "context", "question"], ["question", "context", "x", "x"]])
def test_a_parquet_file_with_two_columns_of_one_name_is_refused(tmp_path: Path, columns: list[str]) -> None:
    table = pyarrow.Table.from_arrays([pyarrow.array(["a"])] * len(columns), columns)
    parquet.write_table(table, tmp_path / "in.parquet")
    with pytest.raises(InputError, match="Two columns have the same name"), open_source(tmp_path / "in.parquet"):
        pass


def test_a_parquet_file_with_two_fields_of_one_name_is_refused(tmp_path: Path) -> None:
    fields = [pyarrow.field("a", pyarrow.int8()), pyarrow.field("a", pyarrow.int8())]
    twins = pyarrow.StructArray.from_arrays([pyarrow.array([1]).cast(pyarrow.int8())] * 2, fields=fields)
    parquet.write_table(
        pyarrow.table({"question": ["q"], "context": ["c"], "x": pyarrow.ListArray.from_arrays([0, 1], twins)}),
        tmp_path / "in.parquet",
    )
    with (
        pytest.raises(InputError, match="Its column 'x' has two fields with the same name"),
        open_source(tmp_path / "in.parquet"),
    ):
        pass


def test_a_type_that_parquet_does_not_have_is_refused_at_once(tmp_path: Path) -> None:
    parquet.write_table(typed_table(), tmp_path / "in.parquet")
    with open_source(tmp_path / "in.parquet") as source:
        assert isinstance(source, ParquetSource)
        source.fields["number"] = pyarrow.field("number", pyarrow.month_day_nano_interval())
        with pytest.raises(InputError, match="A column of the input cannot be written as Parquet"):
            open_sink(".parquet", source, ["question", "context", "number"])


ERROR: dict[str, Any] = {"line": 1, "kind": "ServerError", "message": "It failed."}


@pytest.mark.parametrize("own", ["mine", None, {"line": 1}, ["line", "kind", "message"]])
def test_a_column_of_errors_that_is_the_rows_own_is_carried_through_every_file(own: Any) -> None:
    (row,) = json_rows(json.dumps({"question": "q", "context": "c", "error": own}))
    assert row.values["error"] == own
    failed = error_values(row, row_error("It is bad."))
    assert failed["error"]["message"] == "It is bad."
    (again,) = json_rows(json_line(failed))
    assert again.values == row.values


def test_errors_of_an_earlier_run_are_left_out() -> None:
    (row,) = json_rows(json.dumps({"question": "q", "error": ERROR, "context": "c"}))
    assert row.values == {"question": "q", "context": "c"}


def test_a_table_carries_its_own_column_of_errors(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("question,error,context\nq,mine,c\n")
    parquet.write_table(
        pyarrow.table({"question": ["q"], "error": ["mine"], "context": ["c"]}), tmp_path / "in.parquet"
    )
    for suffix in (".csv", ".parquet"):
        _, content, _ = through(tmp_path / f"in{suffix}", ".jsonl")
        assert json.loads(content)["error"] == "mine"


def test_a_parquet_file_made_of_errors_is_asked_without_them(tmp_path: Path) -> None:
    parquet.write_table(pyarrow.table({"question": ["q"], "context": ["c"], "error": [ERROR]}), tmp_path / "in.parquet")
    _, content, _ = through(tmp_path / "in.parquet", ".jsonl")
    assert "error" not in json.loads(content)


def test_a_table_has_the_columns_of_the_first_row(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text('{}\n{"question": "q", "context": "c", "a": 1}\n{"question": "q", "context": "c", "b": 1}\n')
    with open_source(file) as source:
        rows, columns = rows_and_columns(source)
        assert columns == ["question", "context", "a"]
        assert [row.problem for row in rows] == [
            "The row has no question.",
            None,
            "The row has a column 'b' that the first row does not have.",
        ]


def test_a_csv_that_is_written_is_read_the_same(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(b'question,context\r\nq,"a\rb\nc\r\nd""e,f"\r\n')
    before, content, _ = through(tmp_path / "in.csv", ".csv")
    renamed = content.replace(",".join(RESULT_COLUMNS).encode(), b"a,b,c,d,e,f,g,h")
    (after,) = csv_rows(renamed)
    assert (after.question, after.context) == (before.question, before.context) == ("q", 'a\rb\nc\r\nd"e,f')


def test_parquet_without_its_extra_says_which_to_install(tmp_path: Path) -> None:
    data, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    data.touch()
    data.with_suffix(".jsonl").touch()
    program = f"""
import sys
sys.modules["pyarrow"] = None
sys.stderr = sys.stdout
from luke_qa_client._cli import main
main(["batch", {str(data)!r}, "-"])
main(["batch", {str(data.with_suffix(".jsonl"))!r}, {str(out)!r}, "--url", "http://127.0.0.1:1"])
"""
    first, second = run_python(program).splitlines()
    assert first == second
    assert "pip install luke_qa_client[parquet]" in first
