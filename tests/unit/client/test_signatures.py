"""What an editor sees of the clients: every option, spelt out, and the same for both."""

import inspect
from typing import Any, get_type_hints

import pytest

from luke_qa_client import AskOptions, AsyncLukeQAClient, LukeQAClient

METHODS = ("ask", "ask_pairs", "ask_many")


def options(function: Any) -> dict[str, Any]:
    """The keyword-only parameters, with their types."""
    hints = get_type_hints(function)
    parameters = inspect.signature(function).parameters.values()
    return {p.name: (hints[p.name], p.default) for p in parameters if p.kind is p.KEYWORD_ONLY}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("client", [LukeQAClient, AsyncLukeQAClient])
def test_every_option_is_spelt_out_with_its_type(client: type, method: str) -> None:
    known = {name: (kind, None) for name, kind in get_type_hints(AskOptions).items()}
    found = options(getattr(client, method))
    assert {name: found[name] for name in found if name in known} == known
    assert set(found) - set(known) == ({"concurrency", "progress"} if method == "ask_many" else set())


@pytest.mark.parametrize("method", METHODS)
def test_both_clients_have_one_signature(method: str) -> None:
    mine, theirs = (inspect.signature(getattr(client, method)) for client in (LukeQAClient, AsyncLukeQAClient))
    assert list(mine.parameters) == list(theirs.parameters)
    assert options(getattr(LukeQAClient, method)) == options(getattr(AsyncLukeQAClient, method))


@pytest.mark.parametrize("method", METHODS)
def test_every_parameter_is_explained(method: str) -> None:
    function = getattr(LukeQAClient, method)
    explained = inspect.getdoc(function) or ""
    for name in list(inspect.signature(function).parameters)[1:]:
        assert f"\n    {name}: " in explained, name
