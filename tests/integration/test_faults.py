"""A job goes on while the server's only worker is killed under it, again and again."""

import os
import signal
import time

import pytest

from luke_qa_client import Answer, LukeQAClient
from tests.integration.guarded import Guarded
from tests.support.scenarios import CONTEXT, QUESTION


@pytest.mark.parametrize("count", [400, pytest.param(2000, marks=pytest.mark.slow)])
def test_every_question_gets_its_answer_though_the_only_worker_is_killed_three_times(
    guarded: Guarded, count: int
) -> None:
    killed_at = (count // 10, 4 * count // 10, 7 * count // 10)  # results
    # Neighbours differ in where the answer stands, so one that is lost, doubled or out of its place would be seen.
    contexts = [f"{'あ' * (number % 41)}。{CONTEXT}" for number in range(count)]
    killed: list[int] = []

    def kill_the_worker(results: int) -> None:
        if len(killed) < len(killed_at) and results >= killed_at[len(killed)]:
            worker = guarded.worker()
            if worker is not None and worker not in killed:
                os.kill(worker, signal.SIGKILL)
                killed.append(worker)

    began = time.monotonic()
    # A worker that dies while it collects a batch never answers it: what is not answered soon is asked again.
    with LukeQAClient(guarded.url(grpc=False), key_file=guarded.key_file, timeout=3) as client:
        pairs = ((QUESTION, context) for context in contexts)
        results = list(client.ask_many(pairs, concurrency=16, progress=kill_the_worker))
    print(f"{count} answers in {time.monotonic() - began:.1f} s")
    assert len(killed) == len(killed_at)
    assert [r for r in results if not isinstance(r, Answer)] == []
    answers = [(r.answer, r.start) for r in results if isinstance(r, Answer)]
    assert answers == [("苺", context.index("苺")) for context in contexts]
