"""The count of what became of questions, the bars, and the plan of rows; one row on a real deployment."""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bench.chaos import triton
from bench.chaos.attacks import head
from bench.chaos.callers import Kind, Way, as_tensor, of_tensors
from bench.chaos.clock import make_clock
from bench.chaos.faults import Harm, corrupt, truncate
from bench.chaos.front import HAPROXY
from bench.chaos.malformed import fields, malformed, posted
from bench.chaos.place import Setting
from bench.chaos.rows import OVERRUN, ROWS, SERVING_AGAIN, LoadKind, misses, misses_of_harm
from bench.chaos.table import missed, render
from bench.chaos.tally import Call, Fate, Tally, judge_reply, longest_silence, tally
from bench.chaos.trial import Result
from luke_qa.errors import RequestError
from luke_qa.request import parse_request
from luke_qa.schema import NativeRequest, TaskParameters, TaskRequest
from luke_qa.settings import Settings
from ops.layout import ROOT

ANSWER = json.dumps({"answer": "苺", "start": 9}).encode()
REFUSAL = json.dumps({"code": 429, "type": "overloaded", "message": "The queue is full. Retry."}).encode()
WELL = Tally(asked=100, right=100, wrong=0, refused=0, lost=0, silence=1.0, slowest=1.0, reasons={})
ORIGIN = {"date": "2026-11-28", "command": "it", "machine": {"processor": "one", "cores": 2}}


@pytest.mark.parametrize(
    ("status", "body", "fate", "why"),
    [
        (200, ANSWER, Fate.RIGHT, ""),
        (200, json.dumps({"answer": "苺", "start": 8}).encode(), Fate.WRONG, "200"),
        (200, json.dumps({"answer": "林檎", "start": 9}).encode(), Fate.WRONG, "200"),
        (200, b"", Fate.WRONG, "200"),
        (200, b"[]", Fate.WRONG, "200"),
        (429, REFUSAL, Fate.REFUSED, "429 overloaded"),
        (503, REFUSAL, Fate.LOST, "503 without a reason"),
        (503, b"<html>", Fate.LOST, "503 without a reason"),
        (500, b'{"code": 500, "type": "", "message": ""}', Fate.LOST, "500 without a reason"),
    ],
)
def test_a_reply_is_right_wrong_a_refusal_or_nothing(status: int, body: bytes, fate: Fate, why: str) -> None:
    assert judge_reply(status, body, ("苺", 9)) == (fate, why)


def test_calls_are_counted_by_their_fate_and_reason() -> None:
    calls = [
        Call(0.0, 1.0, Fate.RIGHT),
        Call(4.0, 2.0, Fate.RIGHT),
        Call(4.0, 0.1, Fate.WRONG, "200"),
        Call(4.0, 0.1, Fate.REFUSED, "503 not_ready"),
        Call(5.0, 0.1, Fate.REFUSED, "503 not_ready"),
        Call(5.0, 9.0, Fate.LOST, "TimeoutError"),
    ]
    reasons = {"200": 1, "503 not_ready": 2, "TimeoutError": 1}
    assert tally(calls, harmed=3.0, ended=7.0) == Tally(6, 2, 1, 2, 1, silence=3.0, slowest=2.0, reasons=reasons)
    assert tally([], harmed=3.0, ended=7.0) == Tally(0, 0, 0, 0, 0, silence=4.0, slowest=0.0, reasons={})


@pytest.mark.parametrize(
    ("answered", "silence"),
    [
        ([], 10.0),
        ([1.0, 19.0, 21.0], 9.0),  # what was answered before the harm, or after the end, does not count
        ([11.0, 12.0, 13.0], 7.0),  # an end without answers counts
        ([18.0, 12.0], 6.0),
    ],
)
def test_silence_is_the_longest_time_without_an_answer(answered: list[float], silence: float) -> None:
    assert longest_silence(answered, harmed=10.0, ended=20.0) == silence


def test_the_bars_of_the_groups() -> None:
    def bars(row: str, instances: int, kind: Kind, way: Way, **counts: float) -> list[str]:
        return misses(ROWS[row], instances, kind, way, replace(WELL, **counts))  # type: ignore[arg-type]

    for kind in Kind:
        for way in Way:
            assert bars("java-killed", 2, kind, way) == []
            assert bars("java-killed", 2, kind, way, wrong=1) == ["wrong"]
    assert bars("java-killed", 1, Kind.CLIENT, Way.PROXY, refused=1, lost=1) == ["refused", "lost"]
    assert bars("java-killed", 1, Kind.CLIENT, Way.DIRECT, refused=1, lost=1) == []
    assert bars("java-killed", 1, Kind.RAW, Way.PROXY, refused=1, lost=1) == []
    assert bars("java-killed", 2, Kind.RAW, Way.PROXY, refused=1, lost=1) == ["lost"]
    assert bars("restart", 2, Kind.RAW, Way.PROXY, lost=1) == ["lost"]
    assert bars("overload", 2, Kind.RAW, Way.PROXY, lost=1) == []
    assert bars("upgrade", 1, Kind.RAW, Way.PROXY, lost=1) == ["lost"]
    assert bars("upgrade", 1, Kind.RAW, Way.DIRECT, lost=1) == []
    assert bars("leavers", 1, Kind.RAW, Way.PROXY, refused=1) == ["refused"]
    assert bars("java-wedged", 1, Kind.RAW, Way.PROXY, silence=SERVING_AGAIN + 0.1) == ["late"]
    assert bars("java-killed", 1, Kind.CLIENT, Way.PROXY, asked=0) == ["asked nothing"]


def test_the_bars_of_what_was_measured_beside_the_groups() -> None:
    assert misses_of_harm({"overrun": OVERRUN, "server_faults": 0}) == []
    assert misses_of_harm({"overrun": OVERRUN + 0.01, "server_faults": 1}) == ["overrun", "server_faults"]


def test_every_row_has_a_name_and_one_or_two_instances() -> None:
    for name, row in ROWS.items():
        assert row.name == name
        assert row.instances in ((1,), (1, 2))
    assert {row.load for row in ROWS.values()} == set(LoadKind)
    assert {row.setting for row in ROWS.values()} == set(Setting)


def test_the_page_shows_every_group_and_what_was_missed() -> None:
    groups = ((Kind.RAW, Way.PROXY, WELL), (Kind.CLIENT, Way.PROXY, replace(WELL, lost=2, reasons={"reset": 2})))
    result = Result(ROWS["java-killed"], 2, Harm((1,), "as it was", {"overrun": 9.0}), groups, 4.25, 3.0)
    assert missed(result) == ["overrun", "client proxy: lost"]
    page = render(ORIGIN, [result], {"clock-jump": "it cannot be done"})
    assert "| java-killed | 2 | raw proxy | 100 | 100 | 0 | 0 | 0 | 1.0 | 4.2 | 3 | held |" in page
    assert "| java-killed | 2 | client proxy | 100 | 100 | 0 | 0 | 2 | 1.0 | 4.2 | 3 | lost |" in page
    assert "as it was; MISSED: overrun; client proxy: 2 x reset" in page
    assert "**clock-jump** was left out: it cannot be done." in page


def test_a_file_is_damaged_as_the_row_says(tmp_path: Path) -> None:
    file = tmp_path / "archive"
    file.write_bytes(bytes(1 << 18))
    corrupt(file)
    content = file.read_bytes()
    assert len(content) == 1 << 18
    assert any(content)
    truncate(file)
    assert file.read_bytes() == content[: 1 << 17]


def test_every_field_has_malformed_values_and_no_good_one() -> None:
    wrong = list(fields())
    below = [given for each in wrong if isinstance(given := each.get("parameters"), dict)]
    named = {name for each in (*wrong, *below) for name in each}
    assert named >= {*NativeRequest.model_fields, *TaskRequest.model_fields, *TaskParameters.model_fields}
    for each in wrong:
        with pytest.raises(RequestError):
            parse_request(each, Settings(), 512)
    bodies = [json.dumps(each).encode() for each in wrong]
    requests = malformed()
    assert len(set(requests)) == len(requests) > len(set(bodies)) > 200
    assert posted(b"{}").endswith(b"Content-Length: 2\r\n\r\n{}")
    assert head(7).endswith(b"Content-Length: 7\r\n\r\n")


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_a_clock_can_be_set_for_programs_that_run(tmp_path: Path) -> None:
    clock = make_clock(tmp_path / "clock")
    assert clock
    code = """
import sys, time
for line in sys.stdin:
    print(time.time(), time.monotonic(), flush=True)
"""
    command = [sys.executable, "-c", code]
    variables = {**os.environ, **clock.variables}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=variables) as program:
        assert program.stdin
        assert program.stdout
        for shift in (0, 3600, -3600):
            clock.set(shift)
            before, began = time.time(), time.monotonic()
            program.stdin.write("\n")
            program.stdin.flush()
            wall, monotonic = map(float, program.stdout.readline().split())
            assert before + shift <= wall <= time.time() + shift
            assert began <= monotonic <= time.monotonic()
        program.stdin.close()


@pytest.mark.slow
@pytest.mark.skipif(HAPROXY is None, reason="haproxy is not installed: apt-get install haproxy")
def test_the_client_behind_the_proxy_sees_no_worker_die(tmp_path: Path) -> None:
    output = tmp_path / "chaos.md"
    command = [sys.executable, "-m", "bench.chaos", "worker-killed", "--instances", "1", "--output", str(output)]
    paths = os.pathsep.join(str(ROOT / part) for part in (".", "handler", "client/src"))
    ran = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (row,) = json.loads(output.with_suffix(".json").read_text("utf-8"))["rows"]
    counts = {(kind, way): found for kind, way, found in row["groups"]}
    client = counts["client", "proxy"]
    assert client["asked"] == client["right"] > 0
    assert row["harm"]["note"].startswith("3 killed")


def test_triton_is_asked_with_tensors_and_its_replies_are_judged_as_those_of_the_wire() -> None:
    fields = {"question": "何", "context": "苺"}
    assert json.loads(json.loads(as_tensor(fields))["inputs"][0]["data"][0]) == fields
    body = json.dumps({"answer": "苺", "start": 0})
    outputs = [{"name": "response", "data": [body]}, {"name": "status", "data": [200]}]
    status, content = of_tensors(200, json.dumps({"outputs": outputs}).encode())
    assert judge_reply(status, content, ("苺", 0)) == (Fate.RIGHT, "")
    status, content = of_tensors(503, b'{"error": "Exceeds maximum queue size"}')
    assert judge_reply(status, content, ("苺", 0)) == (Fate.REFUSED, "503 of Triton")
    assert judge_reply(*of_tensors(200, b"{}"), ("苺", 0))[0] is Fate.WRONG
    assert judge_reply(*of_tensors(502, b"<html>"), ("苺", 0))[0] is Fate.LOST


def test_the_bars_hold_for_triton_as_behind_the_proxy() -> None:
    row = triton.ROWS["server-killed"]
    lost = tally([Call(0.0, 1.0, Fate.LOST, "gone")], 0.0, 1.0)
    assert misses(row, 1, Kind.CLIENT, Way.TRITON, lost) == ["lost"]
    assert misses(row, 1, Kind.RAW, Way.TRITON, lost) == []
