"""Rows asked in order, and giving up on a failing server."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from luke_qa_client import (
    Answer,
    AuthenticationError,
    BadRequestError,
    ConnectionFailedError,
    LukeQAClient,
    LukeQAError,
    ServerError,
    TimedOutError,
)
from luke_qa_client._batch import asking
from luke_qa_client._batch.asking import Result, ask_rows
from luke_qa_client._batch.json_lines import JsonLinesSource
from luke_qa_client._batch.patience import ServerLostError, while_served
from luke_qa_client._batch.rows import Row, read_row, row_error
from luke_qa_client._batch.text_lines import TextLines
from ops.ports import find_free_port
from tests.unit.client.stub import HEALTHY, HttpStub, Said


def rows(asked: list[str | None]) -> Iterator[Row]:
    """A row for each context; None makes one with a problem."""
    for number, context in enumerate(asked):
        yield read_row(number, number, {"question": f"{number}", "context": context})


@given(st.lists(st.sampled_from(["苺", "私は苺", None]), max_size=40), st.integers(1, 5), st.integers(1, 4))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_gets_its_own_result_in_order(
    http_stub: HttpStub, asked: list[str | None], block: int, concurrency: int
) -> None:
    with pytest.MonkeyPatch.context() as patch, LukeQAClient(http_stub.url) as client:
        patch.setattr(asking, "_BLOCK", block)
        found = list(ask_rows(client, rows(asked), concurrency))
    assert [row.line for row, _ in found] == list(range(len(asked)))
    for (_, result), context in zip(found, asked, strict=True):
        if isinstance(result, Answer):
            assert result.start == (context or "").index("苺")
        else:
            assert context is None
            assert result.message == "The row has no context."


def test_rows_are_read_as_they_are_asked(http_stub: HttpStub) -> None:
    read = 0

    def endless() -> Iterator[Row]:
        nonlocal read
        for read in itertools.count(1):
            yield read_row(read, read, {"question": "何", "context": f"苺{read}"})

    with LukeQAClient(http_stub.url) as client:
        results = ask_rows(client, endless(), 2)
        for _ in range(50):
            next(results)
        results.close()  # type: ignore[attr-defined]
    assert read < 100


def answer() -> Answer:
    return Answer("苺", 0.9, 0, 1, 0, no_answer_score=0.1, request_id="")


def served(
    stub: HttpStub, *results: Answer | LukeQAError, timeout: float = 60.0
) -> Iterator[tuple[int, Answer | LukeQAError]]:
    with LukeQAClient(stub.url, timeout=timeout, total_timeout=timeout) as client:
        yield from while_served(client, iter(enumerate(results)))


def hangs(stub: HttpStub) -> None:
    """The server reports itself as healthy but answers no question."""
    stub.rule = lambda received: Said(HEALTHY) if received.body is None else Said(b"{}", delay=30.0)


def test_single_failures_are_their_questions_errors(http_stub: HttpStub) -> None:
    results: list[Answer | LukeQAError] = [
        answer(),
        TimedOutError("slow"),
        answer(),
        ServerError("odd", status=500),
        ServerError("odd", status=500),
    ]
    assert list(served(http_stub, *results)) == list(enumerate(results))


def test_a_connection_that_fails_while_the_server_is_there_is_its_questions_error(http_stub: HttpStub) -> None:
    results: list[Answer | LukeQAError] = [answer(), ConnectionFailedError("cut"), answer()]
    assert list(served(http_stub, *results)) == list(enumerate(results))


def test_what_a_server_that_has_gone_left_is_not_told() -> None:
    gone = HttpStub(port=find_free_port())
    gone.close()
    taken = served(gone, answer(), TimedOutError("slow"), ConnectionFailedError("refused"), answer())
    assert isinstance(next(taken)[1], Answer)
    with pytest.raises(ServerLostError, match="refused"):
        next(taken)


SLOW = TimedOutError("slow")


def test_failures_of_many_questions_in_a_row_are_theirs_where_a_known_one_is_answered(http_stub: HttpStub) -> None:
    results: list[Answer | LukeQAError] = [answer(), *[SLOW] * 100]
    assert list(served(http_stub, *results)) == list(enumerate(results))
    assert [received.body["question"] for received in http_stub.received] == ["何が好きですか"] * 4


def test_they_are_the_servers_where_the_known_one_is_not_answered_either(http_stub: HttpStub) -> None:
    hangs(http_stub)
    taken = served(http_stub, answer(), *[SLOW] * 32, answer(), timeout=0.5)
    assert isinstance(next(taken)[1], Answer)
    with pytest.raises(ServerLostError, match="even a test question: No reply from"):
        next(taken)


def test_the_last_failures_are_the_servers_where_it_answers_nothing_any_more(http_stub: HttpStub) -> None:
    hangs(http_stub)
    taken = served(http_stub, answer(), SLOW, SLOW, timeout=0.5)
    assert isinstance(next(taken)[1], Answer)
    with pytest.raises(ServerLostError, match="even a test question"):
        next(taken)


def test_rows_that_were_not_asked_say_nothing_of_the_server(http_stub: HttpStub) -> None:
    hangs(http_stub)
    with pytest.raises(ServerLostError, match="even a test question"):
        list(served(http_stub, *[SLOW, row_error("bad")] * 32, answer(), timeout=0.5))


def test_few_results_are_held_back_behind_a_failure(http_stub: HttpStub) -> None:
    taken = 0

    def results() -> Iterator[tuple[int, Answer | LukeQAError]]:
        nonlocal taken
        for taken in range(1000):
            yield taken, row_error("bad") if taken else SLOW

    with LukeQAClient(http_stub.url) as client:
        next(while_served(client, results()))
    assert taken < 100


def test_refusals_of_the_question_show_that_the_server_lives(http_stub: HttpStub) -> None:
    results = [TimedOutError("slow"), BadRequestError("bad", status=400)] * 40
    assert list(served(http_stub, *results)) == list(enumerate(results))


def test_a_refused_key_is_no_questions_error(http_stub: HttpStub) -> None:
    with pytest.raises(ServerLostError, match="expired"):
        list(served(http_stub, answer(), AuthenticationError("The key has expired.", status=400)))


def test_few_rows_are_held_of_many_that_cannot_be_asked(http_stub: HttpStub, tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_bytes(b"{}\n" * 30_000)
    with file.open("rb") as opened, LukeQAClient(http_stub.url) as client:
        read = 0

        def counted() -> Iterator[Row]:
            nonlocal read
            for row in JsonLinesSource(TextLines(opened), None).rows():
                read += 1
                yield row

        results: Iterator[Result] = ask_rows(client, counted(), 2)
        next(results)
        assert read == 10_000
        assert sum(1 for _ in results) == 29_999
