"""A job goes on while the server's only worker is killed under it, again and again."""

import os
import signal
import time

from luke_qa_client import Answer, LukeQAClient
from tests.integration.guarded import Guarded
from tests.support.scenarios import CONTEXT, QUESTION

COUNT = 2000
KILLED_AT = (200, 800, 1400)  # results


def test_every_question_gets_its_answer_though_the_only_worker_is_killed_three_times(guarded: Guarded) -> None:
    # Neighbours differ in where the answer stands, so one that is lost, doubled or out of its place would be seen.
    contexts = [f"{'あ' * (number % 41)}。{CONTEXT}" for number in range(COUNT)]
    killed: list[int] = []

    def kill_the_worker(count: int) -> None:
        if len(killed) < len(KILLED_AT) and count >= KILLED_AT[len(killed)]:
            worker = guarded.worker()
            if worker is not None and worker not in killed:
                os.kill(worker, signal.SIGKILL)
                killed.append(worker)

    began = time.monotonic()
    # A worker that dies while it collects a batch never answers it: what is not answered soon is asked again.
    with LukeQAClient(guarded.url(grpc=False), key_file=guarded.key_file, timeout=3) as client:
        pairs = ((QUESTION, context) for context in contexts)
        results = list(client.ask_many(pairs, concurrency=16, progress=kill_the_worker))
    print(f"{COUNT} answers in {time.monotonic() - began:.1f} s")
    assert len(killed) == len(KILLED_AT)
    assert [r for r in results if not isinstance(r, Answer)] == []
    answers = [(r.answer, r.start) for r in results if isinstance(r, Answer)]
    assert answers == [("苺", context.index("苺")) for context in contexts]
