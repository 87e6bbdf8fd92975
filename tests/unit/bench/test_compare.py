"""What is said of servers that took turns, and how their protocols are read."""

import json
import math
from pathlib import Path

import pytest

from bench.compare import Turn, row, same
from bench.load import Sample
from bench.peers.peer import FOLDER, PEERS, last_lines, plain_answer, share_cores, triton_answer, triton_body, variables
from bench.report import compared
from bench.texts import Pair

PAIR = Pair("好きな食べ物は何ですか", "好きな食べ物は苺です。")


def turn(seconds: float, *answers: str | None) -> Turn:
    samples = [Sample(0.0, seconds, 200 if answer else 500, b"") for answer in answers]
    return Turn(samples, seconds, answers)


def test_ratios_are_of_the_same_turns_and_failures_are_no_answers() -> None:
    turns = {
        "ours": [turn(1.0, "苺", "茶"), turn(10.0, "苺", "茶")],
        PEERS[0].title: [turn(2.0, "苺", "水"), turn(20.0, "苺", "水")],
        "half": [turn(1.0, "苺", None), turn(10.0, "苺", None)],
    }
    reference = ["苺", "茶"]
    ours, card, half = (row(name, turns, reference) for name in turns)
    assert (ours["ratio"], card["ratio"], half["ratio"]) == (1.0, 0.5, 0.5)
    assert (ours["failed"], half["failed"]) == (0, 2)
    assert (ours["same"], card["same"], half["same"]) == (1.0, 0.5, 1.0)
    assert (ours["same_as_card"], card["same_as_card"]) == (0.5, 1.0)
    assert row("ours", {"ours": turns["ours"]}, reference)["same_as_card"] is None


def test_a_server_that_never_answers_has_no_share() -> None:
    nothing = turn(1.0, None)
    assert nothing.seconds_per_answer == math.inf
    assert math.isnan(same([nothing], ["苺"]))


def test_workers_and_threads_fit_the_cores() -> None:
    assert share_cores(1) == (1, 1)
    assert share_cores(2) == (2, 1)
    assert share_cores(16) == (4, 4)


def test_the_protocol_of_triton() -> None:
    inputs = json.loads(triton_body(PAIR))["inputs"]
    assert [(each["name"], each["data"]) for each in inputs] == [
        ("question", [PAIR.question]),
        ("context", [PAIR.context]),
    ]
    assert triton_answer(json.dumps({"outputs": [{"name": "answer", "data": ["苺"]}]}).encode()) == "苺"
    assert plain_answer(b'{"answer": "\xe8\x8b\xba"}') == "苺"


def test_every_peer_has_its_files_with_exact_pins() -> None:
    for peer in PEERS:
        assert (FOLDER / peer.name / "app.py").is_file()
        lines = (FOLDER / peer.name / "requirements.txt").read_text("utf-8").splitlines()
        pins = [line.partition("#")[0].strip() for line in lines if not line.startswith("#")]
        assert "torch==2.13.0" in pins
        assert all("==" in pin for pin in pins)


def test_a_peer_sees_its_own_packages_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "handler")
    seen = variables(Path("/environment"), Path("/home"), Path("checkpoint"), ["1", "2"])
    assert seen["PYTHONPATH"] == str(FOLDER / "common")
    assert seen["PATH"].startswith("/environment/bin:")


def test_the_end_of_an_output_tells_the_error() -> None:
    assert last_lines("a\n\nb\nc\n", 2) == "b\nc"


def test_the_report_names_what_did_not_run() -> None:
    one = {"name": "ours", "ratio": 1.0, "spread": 0.1, "p50": 20.0, "p99": 60.0, "failed": 0, "same": 1.0}
    report = {
        "checkpoint": "embedded",
        "cores": 2,
        "callers": 64,
        "requests": 200,
        "repeats": 5,
        "servers": [{**one, "same_as_card": None}, {**one, "name": "peer", "ratio": 0.4, "same_as_card": 0.95}],
        "errors": {"Triton": "no wheel"},
    }
    lines = "\n".join(compared(report)).splitlines()
    assert "| peer | 0.40 | 1.0 | 3.0 | 0 | 100.0% | 95.0% |" in lines
    assert "Not run: Triton." in lines
