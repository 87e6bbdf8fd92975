"""Inputs of the open inference protocol as fields."""

from typing import Any

import numpy as np
import pytest

from luke_qa.tensors import read_row, read_rows


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        ({"request": [b"{}"]}, {"body": "{}"}),
        ({"question": ["何".encode()], "context": [b"a", b"b"]}, {"question": "何", "context": ["a", "b"]}),
        ({"question": ["何"]}, {"question": "何"}),
        ({"top_k": np.array([3])}, {"top_k": 3}),
        ({"handle_impossible_answer": np.array([True])}, {"handle_impossible_answer": True}),
    ],
)
def test_a_row_becomes_fields(row: dict[str, Any], fields: dict[str, Any]) -> None:
    found = read_row(row)
    assert found == fields
    assert [type(value) for value in found.values()] == [type(value) for value in fields.values()]


def test_each_row_has_its_own_fields() -> None:
    tensors = {"question": np.array([[b"a"], [b"b"]], dtype=object), "top_k": np.array([[1], [2]])}
    assert read_rows(tensors) == [{"question": "a", "top_k": 1}, {"question": "b", "top_k": 2}]
    assert read_rows({}) == []
