"""Many callers at once, good and bad mixed, for a minute: every one gets what is his."""

import itertools
import json
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.integration.test_wire import BAD, BODY, CONTEXT, as_bytes

CLIENTS = 64
SECONDS = 60


@pytest.mark.slow
def test_sixty_four_clients_get_their_own_answers_and_errors(url: str) -> None:
    # A number of its own in every good request: an answer that strayed to another caller would be seen.
    def good(number: int) -> tuple[bytes, str]:
        context = f"これは第{number}号の文書です。{CONTEXT}"
        return json.dumps({**BODY, "context": context, "request_id": str(number)}).encode(), "苺"

    bad = [(as_bytes(body), (code, kind)) for body, code, kind, _ in BAD]
    numbers, deadline = itertools.count(1), time.monotonic() + SECONDS

    def client(seed: int) -> Counter[str]:
        seen: Counter[str] = Counter()
        choose = random.Random(seed)
        with requests.Session() as session:
            while time.monotonic() < deadline:
                number = next(numbers)
                raw, expected = choose.choice(bad) if choose.random() < 0.3 else good(number)
                reply = session.post(url, data=raw, headers={"Content-Type": "application/json"}, timeout=60)
                body = reply.json()
                if isinstance(expected, str):
                    assert (reply.status_code, body["answer"]) == (200, expected), body
                    assert body["request_id"] == str(number)
                    assert json.loads(raw)["context"][body["start"] : body["end"]] == expected
                else:
                    assert (reply.status_code, body["type"]) == expected, body
                seen[str(reply.status_code)] += 1
        return seen

    with ThreadPoolExecutor(CLIENTS) as pool:
        total = sum(pool.map(client, range(CLIENTS)), Counter())
    print(dict(total))
    assert total["200"] > 500
    assert total["400"] > 100
