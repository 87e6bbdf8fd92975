"""Whom Triton serves first, and whom it does not serve: batches, priorities, limits on the wait, callers who leave."""

import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import requests

from tests.support.open_inference import LONG, call_infer
from tests.support.scenarios import CONTEXT, QUESTION
from tests.triton.served import QUEUE_SIZE, Served, wait_for

SHORT = {"question": QUESTION, "context": CONTEXT}
INTERACTIVE, BULK = 1, 3


def pending(triton: Served) -> float:
    return triton.metric("nv_inference_pending_request_count")


def test_requests_that_wait_share_a_batch(triton: Served) -> None:
    with ThreadPoolExecutor(QUEUE_SIZE) as pool:
        with triton.busy():
            inferences, batches = triton.metric("nv_inference_count"), triton.metric("nv_inference_exec_count")
            waiting = [pool.submit(triton.infer, SHORT) for _ in range(QUEUE_SIZE)]
            wait_for(lambda: pending(triton) >= QUEUE_SIZE)
        assert all(each.result().ok for each in waiting)
    counted = triton.metric("nv_inference_count") - inferences
    assert counted >= QUEUE_SIZE
    assert triton.metric("nv_inference_exec_count") - batches <= counted - QUEUE_SIZE // 2


def test_whoever_waits_at_a_screen_is_served_before_bulk_work(triton: Served) -> None:
    finished = list[int]()

    def ask(priority: int) -> requests.Response:
        reply = triton.infer(SHORT, priority=priority)
        finished.append(priority)
        return reply

    with ThreadPoolExecutor(QUEUE_SIZE + 1) as pool:
        with triton.busy():
            replies = [pool.submit(ask, BULK) for _ in range(QUEUE_SIZE)]
            wait_for(lambda: pending(triton) >= QUEUE_SIZE)
            replies.append(pool.submit(ask, INTERACTIVE))  # the queue of bulk work is full, this one is not
            wait_for(lambda: pending(triton) >= QUEUE_SIZE + 1)
        assert all(each.result().ok for each in replies)
    # A batch has two, whose replies may come in either order, and two batches' replies may overtake each other.
    assert finished.index(INTERACTIVE) < 4


def test_a_request_waits_no_longer_than_it_says(triton: Served) -> None:
    with triton.busy():
        began = time.monotonic()
        refused = triton.infer(SHORT, timeout=1_000_000)
        assert time.monotonic() - began >= 1
    assert (refused.status_code, refused.json()["error"]) == (503, "Request timeout expired")


def test_a_deadline_that_passed_in_the_queue_is_not_computed(triton: Served) -> None:
    with ThreadPoolExecutor(1) as pool:
        with triton.busy():
            late = pool.submit(triton.infer, {**SHORT, "deadline_ms": round(1000 * time.time()) + 500})
            time.sleep(0.6)
        content = late.result().json()
    assert [output["data"] for output in content["outputs"] if output["name"] == "status"] == [[504]]


def test_a_caller_who_leaves_is_not_computed_any_further(triton: Served) -> None:
    left = triton.outcomes("cancelled")
    with triton.busy():
        pass
    assert triton.infer(SHORT).ok  # long before the whole text would have been computed
    wait_for(lambda: triton.outcomes("cancelled") == left + 1)


def test_callers_who_leave_the_queue_are_not_computed_at_all(triton: Served) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{triton.place.ports.grpc}") as channel:
        with triton.busy():
            computed = triton.outcomes("ok") + triton.outcomes("cancelled")
            calls = [call_infer(channel, LONG) for _ in range(QUEUE_SIZE)]
            wait_for(lambda: pending(triton) >= QUEUE_SIZE)
            for call in calls:
                call.cancel()
        wait_for(lambda: triton.infer(SHORT).ok)  # they leave the queue when the model looks into it
    # The one that kept the model busy, and the last.
    assert triton.outcomes("ok") + triton.outcomes("cancelled") == computed + 2
