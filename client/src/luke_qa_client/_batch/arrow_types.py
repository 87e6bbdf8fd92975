"""Arrow types, nested to any depth, with some of their parts replaced."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pyarrow
from pyarrow import types


def without_dictionaries(type: Any) -> Any:
    """Return the type with plain values instead of dictionaries: batches are written one by one."""
    return _replaced(type, lambda part: part.value_type if types.is_dictionary(part) else part)


def without_times(type: Any) -> Any:
    """Return the type with times as text and durations as integers: Python's own types do not cover all of them."""
    return _replaced(type, _without_time)


@cache
def in_microseconds(type: Any) -> Any:
    """Return the type with microseconds for nanoseconds, which become pandas' types where it is installed."""
    return _replaced(type, _in_microseconds)


def has_duplicate_fields(type: Any) -> bool:
    """Return whether it has two fields of the same name, of which a Python dict would keep one."""
    parts = _parts(type)
    duplicates = types.is_struct(type) and len({part.name for part in parts}) < len(parts)
    return duplicates or any(has_duplicate_fields(part.type) for part in parts)


def _in_microseconds(type: Any) -> Any:
    if getattr(type, "unit", None) != "ns":
        return type
    if types.is_timestamp(type):
        return pyarrow.timestamp("us", type.tz)
    return pyarrow.duration("us") if types.is_duration(type) else pyarrow.time64("us")


def _without_time(type: Any) -> Any:
    if types.is_duration(type):
        return pyarrow.int64()
    return pyarrow.string() if types.is_temporal(type) else type


def _replaced(type: Any, replace: Callable[[Any], Any]) -> Any:
    type = replace(type)
    parts = [part.with_type(_replaced(part.type, replace)) for part in _parts(type)]
    if types.is_struct(type):
        return pyarrow.struct(parts)
    if types.is_map(type):
        return pyarrow.map_(*parts, keys_sorted=type.keys_sorted)
    if types.is_fixed_size_list(type):
        return pyarrow.list_(*parts, type.list_size)
    if types.is_large_list(type):
        return pyarrow.large_list(*parts)
    if types.is_list(type):
        return pyarrow.list_(*parts)
    return type


def _parts(type: Any) -> list[Any]:
    """Return the fields of a nested type."""
    if types.is_struct(type):
        return list(type)
    if types.is_map(type):
        return [type.key_field, type.item_field]
    if types.is_list(type) or types.is_large_list(type) or types.is_fixed_size_list(type):
        return [type.value_field]
    return []
