"""The table of the servers, and what is read of their replies."""

import json

import pytest

from bench.running import SERVERS
from bench.servers import Measured, render
from bench.texts import Pair

ABOUT = {"date": "2026-11-28", "command": "python -m bench.servers", "machine": {"cores": 2, "processor": "x"}}


def measured(server: str, of_bare: float, recovery: float | None) -> Measured:
    nobody = {"http": 200.0, "grpc": 2.0}
    return Measured(server, 5.0, 60.0, of_bare, 13.0, 1.2, (30.0, 90.0), 0, 1.0, 900.0, nobody, recovery)


def test_turns_become_medians_with_their_spread() -> None:
    turns = [measured("Triton", share, 3.0) for share in (0.9, 1.0, 0.8)] + [measured("KServe", 0.7, None)]
    triton, kserve = render(ABOUT, turns).splitlines()[-2:]
    assert triton == "| Triton | 0.90 | 0.22 | 1.20 | 30 | 90 | 0 | 100.0% | 900 | 5.0 | 3.0 | 200 / 2 |"
    assert kserve.endswith("| 5.0 |  | 200 / 2 |")  # nothing starts it again


@pytest.mark.parametrize("name", SERVERS)
def test_a_question_and_its_answer_fit_the_servers_protocol(name: str) -> None:
    server = object.__new__(SERVERS[name])  # its protocol needs no archive
    asked = json.loads(server.body(Pair("何", "苺")))
    answer = {"answer": "苺", "start": 0}
    if name == "torchserve":
        assert asked == {"question": "何", "context": "苺"}
        assert server.read(json.dumps(answer).encode()) == ("苺", 0)
    else:
        assert json.loads(asked["inputs"][0]["data"][0]) == {"question": "何", "context": "苺"}
        outputs = [{"name": "status", "data": [200]}, {"name": "response", "data": [json.dumps(answer)]}]
        assert server.read(json.dumps({"outputs": outputs}).encode()) == ("苺", 0)
