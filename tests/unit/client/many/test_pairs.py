"""Pairs as callers have them; no network."""

from typing import Any

import numpy
import pandas
import polars
import pytest

from luke_qa_client import BadRequestError, LukeQAClient
from luke_qa_client._many.pairs import read_pair, read_rows
from luke_qa_client._request import check_context
from tests.unit.client.stub import HttpStub

ROWS = {"question": ["何", None, "誰"], "context": ["苺", "雨", "私"]}
LIBRARIES = [pandas.DataFrame, polars.DataFrame]


@pytest.mark.parametrize("frame", LIBRARIES)
def test_a_table_is_its_rows_by_the_names_of_its_columns(frame: Any) -> None:
    table = frame({"id": [1, 2, 3], "context": ROWS["context"], "question": ROWS["question"]})
    first, second, third = (read_pair(row) for row in read_rows(table))
    assert (first, third) == (("何", "苺"), ("誰", "私"))
    assert isinstance(second, BadRequestError)


@pytest.mark.parametrize("frame", LIBRARIES)
def test_a_table_of_two_columns_is_read_in_their_order(frame: Any) -> None:
    assert list(read_rows(frame({"質問": ["何"], "本文": ["苺"]}))) == [("何", "苺")]


@pytest.mark.parametrize("frame", LIBRARIES)
def test_a_table_without_the_columns_says_which_it_needs(frame: Any) -> None:
    with pytest.raises(ValueError, match=r"needs the columns question and context.*not id, 質問, 本文"):
        read_rows(frame({"id": [1], "質問": ["何"], "本文": ["苺"]}))


def test_one_string_instead_of_pairs_is_told_at_once() -> None:
    with pytest.raises(TypeError, match="For one question use ask"):
        read_rows("何が好きですか")  # type: ignore[arg-type]


def test_rows_may_be_mappings() -> None:
    assert read_pair({"id": 1, "question": "何", "context": "苺"}) == ("何", "苺")


@pytest.mark.parametrize(
    "column", [pandas.Series(["雨", "苺"]), polars.Series(["雨", "苺"]), numpy.array(["雨", "苺"]), ("雨", "苺")]
)
def test_a_column_is_a_list_of_documents(column: Any) -> None:
    assert check_context(column) == ["雨", "苺"]


@pytest.mark.parametrize("table", [frame(ROWS) for frame in LIBRARIES])
def test_a_whole_table_is_no_context(table: Any) -> None:
    with pytest.raises(TypeError, match="not DataFrame"):
        check_context(table)


@pytest.mark.parametrize("empty", [pandas.NA, pandas.NaT, float("nan"), None, numpy.nan])
def test_an_empty_cell_of_any_library_is_an_error(empty: Any) -> None:
    for pair in ((empty, "苺"), ("何", empty), ("何", [empty])):
        assert isinstance(read_pair(pair), BadRequestError)


@pytest.mark.parametrize("frame", LIBRARIES)
def test_a_table_is_asked_and_its_columns_are_documents(http_stub: HttpStub, frame: Any) -> None:
    table = frame(ROWS)
    with LukeQAClient(http_stub.url) as client:
        kinds = [getattr(result, "answer", type(result)) for result in client.ask_many(table)]
        best = client.ask("何", table["context"])
    assert kinds == ["苺", BadRequestError, "私"]
    assert (best.answer, best.document) == ("苺", 0)
