"""Another version comes into service while callers ask, and goes out of it again."""

from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.triton.command import TritonError
from deploy.triton.versions import roll_back, upgrade
from tests.support.scenarios import CONTEXT, QUESTION
from tests.triton.served import Served, wait_for


def test_an_upgrade_and_a_rollback_lose_no_request(triton: Served, package: Callable[..., Path]) -> None:
    with triton.callers(triton.version) as answered_by:
        assert upgrade(triton.place, package(max_answer_len=1)) == 2
    assert set(answered_by) == {"1", "2"}
    assert triton.version() == "2"
    # Warm-up: the new instance had answered before anybody could ask it.
    assert triton.metric("luke_qa_requests_total", outcome="ok", version="2") >= 2

    with triton.callers(triton.version) as answered_by:
        assert roll_back(triton.place) == 1
    assert set(answered_by) == {"1", "2"}
    assert triton.version() == "1"
    with pytest.raises(TritonError, match="no version to go back to"):
        roll_back(triton.place)


def test_a_version_that_does_not_start_changes_nothing(triton: Served, package: Callable[..., Path]) -> None:
    broken = package(max_seq_len=100_000)  # the model takes less
    with triton.callers(triton.version) as answered_by, pytest.raises(TritonError, match="max_seq_len"):
        upgrade(triton.place, broken)
    assert set(answered_by) == {"1"}
    assert triton.infer({"question": QUESTION, "context": CONTEXT}).ok
    assert [path.name for path in (triton.place.repository / "luke-qa").glob("[0-9]*")] == ["1"]


def test_the_only_instances_are_those_of_what_serves(triton: Served) -> None:
    wait_for(lambda: len(triton.stubs()) == 1)
