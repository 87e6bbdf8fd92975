"""A request's own deadline, which HAProxy reads in its body."""

import json
import time
from typing import Any

import pytest

from ops.instance import Instance
from tests.integration.proxy.asking import (
    BODY,
    LARGE,
    SMALL,
    ask,
    assert_right,
    computed,
    fill_slots,
    send,
    status_of,
    stopped_workers,
)
from tests.integration.proxy.running import Running
from tests.integration.served import wait_for


def due(body: bytes, deadline_ms: object) -> bytes:
    return json.dumps({**json.loads(body), "deadline_ms": deadline_ms}).encode()


def in_seconds(seconds: float) -> int:
    return int(1000 * (time.time() + seconds))


@pytest.mark.parametrize(("size", "body", "queue"), [("small", SMALL, "http"), ("large", LARGE, "large")])
def test_who_waits_is_told_at_the_deadline(
    proxy: Running, behind: Instance, size: str, body: bytes, queue: str
) -> None:
    before = computed(behind, size)
    with stopped_workers(behind):
        holders = fill_slots(proxy) if size == "small" else [send(proxy, body)]
        wait_for(lambda: proxy.in_slots() == len(holders))
        reply = ask(proxy.url, due(body, in_seconds(1)))  # answered although no worker answers anybody
        assert (reply.status_code, reply.json()["type"], reply.json()["field"]) == (
            504,
            "deadline_exceeded",
            "deadline_ms",
        )
        assert reply.json()["request_id"] == reply.headers["X-Request-Id"]
        wait_for(lambda: proxy.queued(queue) == 0)
    assert {status_of(holder) for holder in holders} == {200}
    assert computed(behind, size) - before < len(holders) + 50  # beside the supervisor's own questions


def test_who_is_being_computed_is_told_at_the_deadline(proxy: Running, behind: Instance) -> None:
    with stopped_workers(behind):
        assert ask(proxy.url, due(SMALL, in_seconds(1))).status_code == 504


@pytest.mark.parametrize("body", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize(
    "deadline_ms", [None, in_seconds(3600), 99_999_999_999_999], ids=["none", "in an hour", "in a thousand years"]
)
def test_a_deadline_that_is_far_changes_nothing(proxy: Running, body: bytes, deadline_ms: int | None) -> None:
    assert_right(ask(proxy.url, due(body, deadline_ms)))


@pytest.mark.parametrize("deadline_ms", ["soon", "17", -5, 1e300, True, [1], {"deadline_ms": 1}])
def test_what_is_no_deadline_is_left_to_the_server(proxy: Running, behind: Instance, deadline_ms: Any) -> None:
    reply = ask(proxy.url, due(SMALL, deadline_ms))
    direct = ask(f"{behind.inference_url}/predictions/luke-qa", due(SMALL, deadline_ms))
    assert (reply.status_code, reply.content) == (direct.status_code, direct.content)
    assert reply.status_code == 400


def test_a_deadline_inside_a_text_is_none(proxy: Running) -> None:
    assert_right(ask(proxy.url, json.dumps({**BODY, "context": BODY["context"] + '"deadline_ms": 1'}).encode()))
