"""Many questions: order, grouping, concurrency, errors, and leaving early."""

import asyncio
import gc
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import pytest

from luke_qa_client import (
    Answer,
    AsyncLukeQAClient,
    BadRequestError,
    LukeQAClient,
    LukeQAError,
    OverloadedError,
    ServerError,
    TooLargeError,
)
from luke_qa_client._many import reading
from luke_qa_client._transport.base import Attempt, Reply
from tests.unit.client.conftest import OpenClient
from tests.unit.client.process import environment
from tests.unit.client.stub import HttpStub, Received, Said, Stub, answers_natively, native_answer, refusal, says

QUESTION = "何が好きですか"
CONTEXT = "私は苺が好きです。"
HANGS = Said(b"{}", delay=600.0)  # until the stub is closed


def numbered(count: int) -> list[tuple[str, str]]:
    """Pairs that can be told apart by their answers: the 苺 is one character further on in each."""
    return [(QUESTION, f"{'ー' * number}苺") for number in range(count)]


def places(results: Any) -> list[int | None]:
    return [result.start if isinstance(result, Answer) else None for result in results]


def settled(server: Stub) -> int:
    """The number of requests, once none has come for a while: what was sent before may still be on its way."""
    ends = time.monotonic() + 30
    count, since = len(server.received), time.monotonic()
    while time.monotonic() < since + 1.5:
        time.sleep(0.02)
        if len(server.received) != count:
            count, since = len(server.received), time.monotonic()
            assert since < ends
    return count


def test_questions_of_one_context_travel_together_and_answers_come_in_order(
    server: Stub, open_client: OpenClient
) -> None:
    rain = "今日は苺の日です。"
    pairs = [(QUESTION, CONTEXT), ("誰ですか", CONTEXT), (QUESTION, rain), ("誰ですか", [rain, CONTEXT])]
    with open_client() as client:
        results = list(client.ask_many(pairs, top_k=1, concurrency=1))
    assert [result.answer for result in results] == ["苺", "私", "苺", "私"]
    assert [received.body["question"] for received in server.received] == [[QUESTION, "誰ですか"], QUESTION, "誰ですか"]
    assert all(received.body["top_k"] == 1 for received in server.received)


def test_pairs_of_one_request_have_an_outcome_each_under_their_own_numbers(
    server: Stub, open_client: OpenClient
) -> None:
    pairs: list[Any] = [
        (QUESTION, CONTEXT),
        (QUESTION, None),
        ("", CONTEXT),
        {"question": "誰", "context": ["雨", CONTEXT]},
    ]
    with open_client() as client:
        answer, unusable, blank, of_documents = client.ask_pairs(pairs, top_k=2, offsets="utf16")
    (received,) = server.received
    assert [pair["context"] for pair in received.body["pairs"]] == [CONTEXT, "", CONTEXT, ["雨", CONTEXT]]
    assert (received.body["top_k"], received.body["request_id"]) == (2, answer.request_id)
    assert (answer.answer, answer.excerpt.before, len(answer.alternatives)) == ("苺", "私は", 1)
    assert (of_documents.answer, of_documents.document) == ("私", 1)
    assert (unusable.type, unusable.field) == ("unusable_pair", "context")
    assert isinstance(blank, BadRequestError)
    assert (blank.status, blank.field, blank.request_id) == (400, "pairs[2].question", "servers-id")


def test_no_request_is_sent_if_no_pair_can_be_asked(server: Stub, open_client: OpenClient) -> None:
    with open_client() as client:
        assert client.ask_pairs([]) == []
        (unusable,) = client.ask_pairs([(None, CONTEXT)])
    assert unusable.field == "question"
    assert not server.received


def test_what_fails_all_pairs_is_raised(server: Stub, open_client: OpenClient) -> None:
    too_many = says(refusal(413, "too_large", field="pairs"))
    with open_client() as client:
        server.replies(too_many)
        with pytest.raises(TooLargeError):
            client.ask_pairs([(QUESTION, CONTEXT)] * 65)
        server.replies(says([native_answer({"question": "何", "context": "苺", "request_id": "r"})]))
        with pytest.raises(ServerError, match="not a list of 2 outcomes"):
            client.ask_pairs([(QUESTION, CONTEXT)] * 2)


def test_results_keep_their_order_whatever_the_order_of_replies(server: Stub, open_client: OpenClient) -> None:
    def later_ones_sooner(received: Received) -> Said:
        return says(native_answer(received.body), delay=0.05 / len(received.body["context"]))

    server.rule = later_ones_sooner
    with open_client() as client:
        assert places(client.ask_many(numbered(40))) == list(range(40))


@pytest.mark.parametrize("concurrency", [1, 3])
def test_as_many_requests_are_in_flight_as_is_said(server: Stub, open_client: OpenClient, concurrency: int) -> None:
    at_once, most, changed = 0, 0, threading.Condition()

    def counts(received: Received) -> Said:
        nonlocal at_once, most
        with changed:
            at_once += 1
            most = max(most, at_once)
            changed.notify_all()
            changed.wait_for(lambda: most >= concurrency, 30)
        time.sleep(0.02)  # time for one too many
        with changed:
            at_once -= 1
        return answers_natively(received)

    server.rule = counts
    with open_client() as client:
        assert places(client.ask_many(numbered(12), concurrency=concurrency)) == list(range(12))
    assert most == concurrency


def test_one_bad_question_does_not_spoil_those_it_travels_with(server: Stub, open_client: OpenClient) -> None:
    def refuses_the_blank(received: Received) -> Said:
        question = received.body["question"]
        if question == "" or (isinstance(question, list) and "" in question):
            return says(refusal(400, "invalid_value", field="question"))
        return answers_natively(received)

    server.rule = refuses_the_blank
    with open_client() as client:
        first, second, third = client.ask_many([(QUESTION, CONTEXT), ("", CONTEXT), ("誰ですか", CONTEXT)])
    assert isinstance(first, Answer)
    assert isinstance(second, BadRequestError)
    assert second.field == "question"
    assert isinstance(third, Answer)


@pytest.mark.usefixtures("one_try")
def test_an_overloaded_server_gives_every_question_its_error_and_is_not_asked_for_each(
    server: Stub, open_client: OpenClient
) -> None:
    server.replies(says(refusal(503, "ServiceUnavailableException")))
    with open_client() as client:
        results = list(client.ask_many([(QUESTION, CONTEXT)] * 3))
    assert [type(result) for result in results] == [OverloadedError] * 3
    assert len(server.received) == 1
    assert [(error.__traceback__, error.__cause__, error.__context__) for error in results] == [(None,) * 3] * 3


def test_a_list_of_another_length_is_a_server_error(server: Stub, open_client: OpenClient) -> None:
    server.replies(says([native_answer({"question": QUESTION, "context": CONTEXT, "request_id": "r"})]))
    with open_client() as client:
        results = list(client.ask_many([(QUESTION, CONTEXT)] * 2))
    assert [type(result) for result in results] == [ServerError] * 2


def test_progress_is_told_of_every_result(server: Stub, open_client: OpenClient) -> None:
    told: list[int] = []
    pairs = [*[(QUESTION, CONTEXT)] * 20, *numbered(3)]
    with open_client() as client:
        assert len(list(client.ask_many(pairs, progress=told.append))) == 23
        assert list(client.ask_many([], progress=told.append)) == []
    assert told == [16, 20, 21, 22, 23]


def test_pairs_are_read_as_results_are_taken(server: Stub, open_client: OpenClient) -> None:
    read = 0

    def endless() -> Iterator[tuple[str, str]]:
        nonlocal read
        while True:
            read += 1
            yield QUESTION, f"{CONTEXT}{read}"

    with open_client() as client:
        results = client.ask_many(endless(), concurrency=2)
        assert read == 0
        for _ in range(5):
            assert isinstance(next(results), Answer)
        results.close()
    assert read <= 5 + 2 * 2


def test_a_result_is_handed_out_as_soon_as_it_is_there(server: Stub, open_client: OpenClient) -> None:
    told: list[int] = []

    def slowly() -> Iterator[tuple[str, str]]:
        for number, pair in enumerate(numbered(8)):
            if number == 7:
                assert told  # the first results did not wait for a full queue
            elif not told:
                time.sleep(0.1 * 2**number)  # 12 s between the first request and the last, if need be
            yield pair

    if isinstance(server, HttpStub):  # a blocking source also blocks an event loop
        with LukeQAClient(server.url) as client:
            assert places(client.ask_many(slowly(), progress=told.append)) == list(range(8))


def test_whoever_leaves_need_not_wait_and_nothing_more_is_sent(server: Stub, open_client: OpenClient) -> None:
    def hangs_after_the_first(received: Received) -> Said:
        return answers_natively(received) if received.body["context"] == "苺" else HANGS

    server.rule = hangs_after_the_first
    began = time.monotonic()
    with open_client() as client:
        for result in client.ask_many(numbered(1000), concurrency=4):
            assert isinstance(result, Answer)
            break
        gc.collect()
    assert time.monotonic() - began < 100
    assert settled(server) <= 1 + 2 * 4


def test_whoever_leaves_ends_the_pauses_between_tries(server: Stub, open_client: OpenClient) -> None:
    def refuses_after_the_first(received: Received) -> Said:
        if received.body["context"] == "苺":
            return answers_natively(received)
        return says(refusal(503, "ServiceUnavailableException"))

    server.rule = refuses_after_the_first
    with open_client() as client:
        results = client.ask_many(numbered(100), concurrency=2)
        assert isinstance(next(results), Answer)
        results.close()
        received = len(server.received)
        assert settled(server) <= received + 2  # those that were on their way


def test_an_error_of_the_source_or_of_the_hook_comes_out(server: Stub, open_client: OpenClient) -> None:
    def breaks() -> Iterator[tuple[str, str]]:
        yield from numbered(3)
        raise LookupError("the source")

    def hook(count: int) -> None:
        raise LookupError("the hook")

    with open_client() as client:
        with pytest.raises(LookupError, match="the source"):
            list(client.ask_many(breaks()))
        with pytest.raises(LookupError, match="the hook"):
            list(client.ask_many(numbered(3), progress=hook))
        assert client.ask(QUESTION, CONTEXT).answer == "苺"


@pytest.mark.parametrize("concurrency", [0, -1, 1.5, "8"])
def test_a_concurrency_that_is_none_is_refused_before_anything_is_read(
    server: Stub, open_client: OpenClient, concurrency: Any
) -> None:
    with open_client() as client, pytest.raises(ValueError, match="concurrency"):
        client.ask_many(iter([]), concurrency=concurrency)


@pytest.mark.parametrize(
    ("unusable", "field", "message"),
    [
        ((float("nan"), CONTEXT), "question", "A question must be a string, not NaN."),
        ((QUESTION, None), "context", "A context must be a string or a list of strings, not None."),
        ((QUESTION, [CONTEXT, 3]), "context", "Document 1 of the context must be a string, not int."),
        (
            (QUESTION, CONTEXT, 5),
            None,
            "A pair must be (question, context), not 3 values. Options are keywords.",
        ),
        (QUESTION, None, "A pair must be (question, context), not str."),
        ({"question": QUESTION}, None, "A pair that is a mapping needs question and context. It has no context."),
    ],
)
def test_a_pair_that_cannot_be_asked_is_an_error_in_its_own_place(
    server: Stub, open_client: OpenClient, unusable: Any, field: str | None, message: str
) -> None:
    pairs = [unusable, (QUESTION, CONTEXT), unusable, ("誰ですか", CONTEXT), (QUESTION, "苺"), unusable]
    with open_client() as client:
        results = list(client.ask_many(pairs, concurrency=1))
    assert places(results) == [None, 2, None, 0, 0, None]
    for error in results[::5]:
        assert isinstance(error, BadRequestError)
        assert (error.message, error.type, error.field) == (message, "unusable_pair", field)
    assert len(server.received) == 3


def test_a_million_empty_cells_are_bounded_as_questions_are(server: Stub, open_client: OpenClient) -> None:
    read = 0

    def endless() -> Iterator[Any]:
        nonlocal read
        while True:
            read += 1
            yield QUESTION, None

    with open_client() as client:
        results = client.ask_many(endless(), concurrency=2)
        for _ in range(100):
            assert isinstance(next(results), BadRequestError)
        assert read < 200
        results.close()


def test_a_client_that_is_closed_under_way_says_so(server: Stub, open_client: OpenClient) -> None:
    server.rule = lambda received: answers_natively(received) if received.body["context"] == "苺" else HANGS
    with open_client() as client:
        results = client.ask_many(numbered(100), concurrency=2)
        assert isinstance(next(results), Answer)
        threading.Timer(0.1, server.close).start()  # requests alone would wait for its reply
        client.close()
        with pytest.raises(RuntimeError, match=r"^The client is closed\.$"):
            list(results)


def test_one_client_serves_many_threads(server: Stub) -> None:
    with LukeQAClient(server.url) as client:
        found: list[list[int | None]] = []
        threads = [
            threading.Thread(target=lambda: found.append(places(client.ask_many(numbered(20), concurrency=2))))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [list(range(20))] * 4


def test_ctrl_c_ends_a_program_at_once(http_stub: HttpStub) -> None:
    http_stub.replies(HANGS)
    program = f"""
from luke_qa_client import LukeQAClient
with LukeQAClient({http_stub.url!r}) as client:
    list(client.ask_many(({QUESTION!r}, str(number)) for number in range(100)))
"""
    with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, env=environment()) as process:
        ends = time.monotonic() + 60
        while not http_stub.received:
            assert time.monotonic() < ends
            time.sleep(0.01)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert time.monotonic() - began < 100
    assert b"KeyboardInterrupt" in error


@pytest.mark.parametrize("way", ["httpx", "grpc.aio"], indirect=True)
def test_pairs_may_come_asynchronously(server: Stub) -> None:
    async def pairs() -> AsyncIterator[tuple[str, str]]:
        for pair in numbered(20):
            await asyncio.sleep(0.001)
            yield pair

    async def main() -> list[int | None]:
        async with AsyncLukeQAClient(server.url) as client:
            return places([result async for result in client.ask_many(pairs())])

    assert asyncio.run(main()) == list(range(20))


@pytest.mark.parametrize("way", ["httpx", "grpc.aio"], indirect=True)
def test_a_source_that_pauses_keeps_nothing_waiting(server: Stub) -> None:
    async def main() -> list[int | None]:
        found: list[Answer | LukeQAError] = []
        told = asyncio.Event()

        async def pairs() -> AsyncIterator[tuple[str, str]]:
            for number, pair in enumerate(numbered(4)):
                yield pair
                while len(found) <= number:  # the next pair waits for the result of this one
                    told.clear()
                    await told.wait()

        async with AsyncLukeQAClient(server.url) as client, asyncio.timeout(100):
            async for result in client.ask_many(pairs()):
                found.append(result)
                told.set()
        return places(found)

    assert asyncio.run(main()) == list(range(4))


@pytest.mark.parametrize("way", ["httpx", "grpc.aio"], indirect=True)
def test_questions_of_one_context_travel_together_though_they_come_one_by_one(
    server: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_GROUP_WAIT", 10.0)
    readers = set()

    async def pairs() -> AsyncIterator[tuple[str, str]]:
        for _ in range(20):
            readers.add(asyncio.current_task())
            yield QUESTION, CONTEXT
            await asyncio.sleep(0.001)

    async def main() -> int:
        async with AsyncLukeQAClient(server.url) as client:
            return len([result async for result in client.ask_many(pairs())])

    assert asyncio.run(main()) == 20
    assert sorted(len(received.body["question"]) for received in server.received) == [4, 16]
    assert len(readers) == 1  # a source may hold things that belong to a task


@pytest.mark.parametrize("way", ["httpx", "grpc.aio"], indirect=True)
def test_leaving_ends_a_source_that_is_waited_for(server: Stub) -> None:
    ended = False

    async def pairs() -> AsyncIterator[tuple[str, str]]:
        nonlocal ended
        try:
            yield QUESTION, CONTEXT
            await asyncio.Event().wait()
        finally:
            ended = True

    async def main() -> None:
        async with AsyncLukeQAClient(server.url) as client:
            found: Any = client.ask_many(pairs())
            async with aclosing(found) as results:
                assert isinstance(await anext(results), Answer)
            assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())
    assert ended


@pytest.mark.parametrize("way", ["httpx", "grpc.aio"], indirect=True)
def test_breaking_off_cancels_what_is_in_flight_without_more_ado(server: Stub) -> None:
    server.rule = lambda received: answers_natively(received) if received.body["context"] == "苺" else HANGS

    async def main() -> None:
        async with AsyncLukeQAClient(server.url) as client:
            async for result in client.ask_many(numbered(100), concurrency=4):
                assert isinstance(result, Answer)
                break
            async with asyncio.timeout(100):
                while len(asyncio.all_tasks()) > 1:
                    await asyncio.sleep(0.01)

    asyncio.run(main())


@pytest.mark.parametrize("way", ["httpx", "grpc.aio"], indirect=True)
def test_cancelling_a_task_cancels_what_it_asked(server: Stub) -> None:
    server.rule = lambda received: answers_natively(received) if received.body["context"] == CONTEXT else HANGS

    async def consume(client: AsyncLukeQAClient) -> None:
        async for _ in client.ask_many(numbered(100), concurrency=4):
            pass

    async def main() -> None:
        async with AsyncLukeQAClient(server.url) as client:
            one, many = asyncio.create_task(client.ask(QUESTION, CONTEXT)), asyncio.create_task(consume(client))
            await one
            while len(server.received) < 5:
                await asyncio.sleep(0.01)
            many.cancel()
            with pytest.raises(asyncio.CancelledError):
                await many
            assert asyncio.all_tasks() == {asyncio.current_task()}
            assert (await client.ask(QUESTION, CONTEXT)).answer == "苺"

    began = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - began < 100


class Local:
    """A transport without a server that always gives one answer."""

    def send(self, attempt: Attempt) -> Reply:
        request = json.loads(attempt.body or b"")
        answer = ANSWER % request["request_id"].encode()
        return Reply(200, answer if isinstance(request["question"], str) else _list(answer, len(request["question"])))

    def close(self) -> None:
        pass


class AsyncLocal:
    async def send(self, attempt: Attempt) -> Reply:
        return Local().send(attempt)

    async def close(self) -> None:
        pass


SPAN = b'"answer": "X", "score": 0.9, "start": 2, "end": 3, "document": 0'
ANSWER = b'{%s, "no_answer_score": 0.1, "answers": [{%s}], "request_id": "%%s"}' % (SPAN, SPAN)


def _list(answer: bytes, count: int) -> bytes:
    return b"[" + b", ".join([answer] * count) + b"]"


def pairs_of(count: int) -> Iterator[tuple[str, str]]:
    """Four questions per context, so that a leak of contexts shows too."""
    return ((QUESTION, f"{CONTEXT}{number // 4}") for number in range(count))


class Memory:
    """What Python has allocated, looked at now and then; the highest of each half of a job.

    Counted in blocks: tracing every byte would make it ten times as slow.
    """

    def __init__(self, count: int) -> None:
        self._count, self._seen = count, 0
        self._highest = [0, 0]
        gc.collect()

    def take(self, result: Answer | LukeQAError) -> None:
        assert isinstance(result, Answer)
        half = 2 * self._seen // self._count
        self._seen += 1
        if self._seen % 1000 == 0:
            self._highest[half] = max(self._highest[half], sys.getallocatedblocks())

    def is_flat(self) -> bool:
        first, second = self._highest
        return self._seen == self._count and second < first + 10_000  # a tenth of a block for a pair


PAIRS = 200_000


def test_memory_does_not_grow_with_the_number_of_pairs() -> None:
    client, memory = LukeQAClient(), Memory(PAIRS)
    client._transport = Local()
    for result in client.ask_many(pairs_of(PAIRS)):
        memory.take(result)
    assert memory.is_flat()


def test_memory_does_not_grow_with_the_number_of_pairs_in_asyncio_either() -> None:
    async def main() -> bool:
        client, memory = AsyncLukeQAClient(), Memory(PAIRS)
        client._transport = AsyncLocal()
        async for result in client.ask_many(pairs_of(PAIRS)):
            memory.take(result)
        return memory.is_flat()

    assert asyncio.run(main())
