"""Types of Arrow, nested to any depth, with some of their parts exchanged."""

from collections.abc import Callable
from typing import Any

import pyarrow
from pyarrow import types


def without_dictionaries(type: Any) -> Any:
    """Return the type with values in place of references to them, as in a batch that is written alone."""
    return _exchanged(type, lambda part: part.value_type if types.is_dictionary(part) else part)


def without_times(type: Any) -> Any:
    """Return the type with times as text and durations as numbers, which Python has for all of them."""
    return _exchanged(type, _without_time)


def has_twins(type: Any) -> bool:
    """Return whether two fields of one name are in it, of which Python's own values keep one."""
    parts = _parts(type)
    twins = types.is_struct(type) and len({part.name for part in parts}) < len(parts)
    return twins or any(has_twins(part.type) for part in parts)


def _without_time(type: Any) -> Any:
    if types.is_duration(type):
        return pyarrow.int64()
    return pyarrow.string() if types.is_temporal(type) else type


def _exchanged(type: Any, exchange: Callable[[Any], Any]) -> Any:
    type = exchange(type)
    parts = [part.with_type(_exchanged(part.type, exchange)) for part in _parts(type)]
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
    """Return the fields that a type is made of."""
    if types.is_struct(type):
        return list(type)
    if types.is_map(type):
        return [type.key_field, type.item_field]
    if types.is_list(type) or types.is_large_list(type) or types.is_fixed_size_list(type):
        return [type.value_field]
    return []
