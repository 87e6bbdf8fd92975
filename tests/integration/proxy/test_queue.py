"""The queue in front of the servers: who waits there, who leaves it, and who never gets in."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy.proxy import Server
from ops.instance import Instance
from tests.integration.proxy.asking import (
    ANSWER,
    LARGE,
    SMALL,
    ask,
    ask_at_once,
    assert_right,
    call,
    computed,
    fill_slots,
    leave,
    refused,
    send,
    status_of,
    stopped_workers,
)
from tests.integration.proxy.running import Running, run_haproxy
from tests.integration.served import wait_for

QUEUE = 20

# Takes four times as long as a large request.
LONGEST = json.dumps({**json.loads(LARGE), "context": 4 * json.loads(LARGE)["context"]}).encode()


@pytest.fixture(scope="module")
def short(backend: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A proxy in which few may wait."""
    with run_haproxy(tmp_path_factory.mktemp("short"), servers=(backend,), queue=QUEUE) as running:
        yield running


@pytest.fixture(scope="module")
def long(backend: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A proxy in which many may wait."""
    with run_haproxy(tmp_path_factory.mktemp("long"), servers=(backend,), queue=400, queue_timeout=180) as running:
        yield running


def test_a_full_queue_refuses_and_loses_nobody(short: Running, behind: Instance) -> None:
    with stopped_workers(behind):
        waiting = fill_slots(short)
        waiting += [send(short, SMALL) for _ in range(QUEUE)]
        wait_for(lambda: short.queued() == QUEUE)
        reply = ask(short.url, headers={"X-Request-Id": "late"})
        assert reply.status_code == 429
        assert reply.headers["Retry-After"] == "1"
        message = "The queue is full. Retry."
        said = {"message": message, "error": message}
        assert reply.json() == {"code": 429, "type": "overloaded", **said, "field": None, "request_id": "late"}
        assert reply.headers["Content-Type"] == "application/json; charset=utf-8"
    assert {status_of(connection) for connection in waiting} == {200}


def test_grpc_has_slots_and_a_queue_too(short: Running, behind: Instance) -> None:
    count = short.proxy.servers[0].total_slots + QUEUE
    with ThreadPoolExecutor(count) as pool:
        with stopped_workers(behind):
            calls = [pool.submit(call, short.grpc) for _ in range(count)]
            wait_for(lambda: short.queued("grpc") == QUEUE)
            assert refused(short.grpc) == ("RESOURCE_EXHAUSTED", "The queue is full. Retry.")
        assert {each.result()["answer"] for each in calls} == {ANSWER}


def test_who_leaves_the_queue_is_not_computed(long: Running, behind: Instance) -> None:
    before = computed(behind, "small")
    with stopped_workers(behind):
        holders = fill_slots(long)
        leaving = [send(long, SMALL) for _ in range(200)]
        wait_for(lambda: long.queued() == 200)
        leave(leaving)
        wait_for(lambda: long.queued() == 0)
    for response in ask_at_once(long.url, 64):
        assert_right(response)
    assert {status_of(holder) for holder in holders} == {200}
    # Beyond these there are some questions of the supervisor, and none of the 200.
    assert 0 <= computed(behind, "small") - before - (len(holders) + 64) < 50


def test_when_all_leave_at_once_the_next_are_answered(long: Running, behind: Instance) -> None:
    with stopped_workers(behind):
        leaving = fill_slots(long) + [send(long, SMALL) for _ in range(200)]
        wait_for(lambda: long.queued() == 200)
        leave(leaving)
    for response in ask_at_once(long.url, 64):
        assert_right(response)


def test_who_stays_is_not_held_up_by_who_leaves(long: Running, behind: Instance) -> None:
    """HAProxy 2.6 by itself leaves these waiting beside free slots."""
    with stopped_workers(behind):
        leaving = fill_slots(long) + [send(long, SMALL) for _ in range(20)]
        wait_for(lambda: long.queued() == 20)
        staying = [send(long, SMALL) for _ in range(20)]
        wait_for(lambda: long.queued() == 40)
        leave(leaving)
    assert {status_of(connection) for connection in staying} == {200}


def test_half_sent_bodies_hold_no_slot(tmp_path: Path, backend: Server, behind: Instance) -> None:
    allowed = 32
    with run_haproxy(tmp_path, servers=(backend,), large_requests=allowed, body_timeout=60) as running:
        large = [send(running, b'{"question": "' + b"x" * 100_000, length=2_900_000) for _ in range(300)]
        small = [send(running, b'{"question": "', length=9_000) for _ in range(300)]
        assert_right(ask(running.url))
        assert running.in_slots() == 0
        assert ask(running.url, LARGE).status_code == 429
        assert running.memory() < 400 * 2**20
        leave(large + small)
        wait_for(lambda: ask(running.url, LARGE).status_code == 200)


def test_a_worker_is_kept_for_small_requests(long: Running, behind: Instance) -> None:
    before = computed(behind, "large")
    wait_for(lambda: long.in_slots() == 0)  # the tests before may have left some
    large = [send(long, LONGEST)]
    wait_for(lambda: long.in_slots() == 1)
    large += [send(long, LARGE) for _ in range(7)]
    wait_for(lambda: long.queued("large") == 7)
    leave(large[4:])
    wait_for(lambda: long.queued("large") == 3)
    leave(large[:1])
    wait_for(lambda: long.queued("large-a-http") == 1)
    assert long.in_slots() == 1  # its caller left, but it is still being computed
    for _ in range(3):
        assert_right(ask(long.url))
    assert long.queued("large") >= 2  # they did not wait for the large ones
    assert {status_of(connection) for connection in large[1:4]} == {200}
    assert computed(behind, "large") - before == 4
