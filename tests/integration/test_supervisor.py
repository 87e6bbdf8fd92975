"""A real server under its supervisor: what kills or stops a part of it, and how it starts and ends."""

import gzip
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import requests

from luke_qa.crash_guard import MAX_DEATHS, fingerprint
from luke_qa.metrics import BUCKETS, OUTCOMES
from luke_qa.query import Options, Query
from ops.instance import Instance
from ops.layout import CONFIG, MODEL_NAME
from ops.server import ServerError, is_ready, start, stop
from tests.integration.served import PATIENCE, Served, serve, wait_for
from tests.support.archives import build_single
from tests.support.scenarios import CONTEXT, QUESTION

LONG = {"question": QUESTION, "context": (CONTEXT * 2500)[:40_000], "max_windows": "all"}  # some seconds


@pytest.fixture(scope="module")
def served(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that a test may harm, if it waits until it is ready again."""
    with running(serve(tmp_path_factory.mktemp("served"), archive)) as served:
        served.wait_until_ready()
        yield served


class running:  # noqa: N801
    """Ends a server, whatever became of it, and sees that nothing is left."""

    def __init__(self, served: Served) -> None:
        self._served = served

    def __enter__(self) -> Served:
        return self._served

    def __exit__(self, *_: object) -> None:
        if self._served.process.poll() is None:
            assert self._served.end() == 0
        assert left_of(self._served.instance) == []


def left_of(instance: Instance) -> list[list[str]]:
    """Command lines of processes that belong to an instance."""
    found = []
    for process in psutil.process_iter():
        try:
            belongs = process.cwd() == str(instance.home) or any(
                str(instance.home) in part for part in process.cmdline()
            )
        except psutil.Error:
            continue
        if belongs and process.status() != psutil.STATUS_ZOMBIE:
            found.append(process.cmdline())
    return found


def post(served: Served, body: object) -> requests.Response:
    url = f"{served.instance.inference_url}/predictions/{MODEL_NAME}"
    return requests.post(url, json=body, timeout=PATIENCE)


def computing(served: Served, question: str, context: str) -> int | None:
    """The process id of the worker that computes this; None if none does."""
    digest = fingerprint(Query((question,), (context,), Options(1, 30, 64, 16)))
    notes = served.state().notes
    for note in notes.iterdir() if notes.is_dir() else ():
        if note.name.isdigit() and digest in note.read_text():
            return int(note.name)
    return None


def wait_until_computing(served: Served, question: str, context: str) -> int:
    seen = list[int]()

    def is_computed() -> bool:
        worker = computing(served, question, context)
        seen.extend([worker] if worker is not None else [])
        return bool(seen)

    wait_for(is_computed)
    return seen[0]


def kill_a_worker_over(served: Served, question: str, context: str) -> None:
    """Ask, kill the worker that computes it, and wait until another has taken its place."""
    before = served.workers()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(post, served, {**LONG, "question": question, "context": context})
        worker = wait_until_computing(served, question, context)
        os.kill(worker, signal.SIGKILL)
        assert asked.result().status_code >= 500
    wait_for(lambda: len(served.workers() - {worker}) == len(before))


def test_a_killed_java_is_started_again(served: Served) -> None:
    java, restarts = served.java(), served.metric('luke_qa_server_restarts_total{reason="exited"}')
    os.kill(java, signal.SIGKILL)
    wait_for(lambda: served.is_ready() and served.java() != java)
    assert served.answers_right()
    assert served.metric('luke_qa_server_restarts_total{reason="exited"}') == restarts + 1


def test_a_java_that_hangs_is_killed_and_started_again(served: Served) -> None:
    java, restarts = served.java(), served.metric('luke_qa_server_restarts_total{reason="hung"}')
    stopped = time.monotonic()
    os.kill(java, signal.SIGSTOP)
    wait_for(lambda: not psutil.pid_exists(java))
    noticed = time.monotonic()
    wait_for(served.is_ready)
    print(f"noticed after {noticed - stopped:.1f} s, ready after {time.monotonic() - stopped:.1f} s")
    assert served.answers_right()
    assert served.metric('luke_qa_server_restarts_total{reason="hung"}') == restarts + 1


def test_a_worker_that_hangs_is_killed_and_replaced(served: Served) -> None:
    wait_for(served.is_ready)
    java, before = served.java(), served.workers()
    killed, gone = (served.metric(f"luke_qa_{name}_total") for name in ("workers_killed", "worker_restarts"))
    worker = min(before)
    os.kill(worker, signal.SIGSTOP)
    wait_for(lambda: len(served.workers() - {worker}) == len(before))
    wait_for(served.is_ready)
    assert served.answers_right()
    assert served.java() == java
    assert served.metric("luke_qa_workers_killed_total") == killed + 1
    wait_for(
        lambda: served.metric("luke_qa_worker_restarts_total") == gone + 1
    )  # counted by the supervisor's next look


def test_a_request_that_kills_workers_is_refused_and_others_are_answered(served: Served) -> None:
    deadly = {**LONG, "question": "この文で死ぬのは誰ですか"}
    wait_for(served.is_ready)
    for _ in range(MAX_DEATHS):
        kill_a_worker_over(served, deadly["question"], deadly["context"])
    refused = post(served, deadly)
    assert (refused.status_code, refused.json()["type"]) == (422, "crashes_workers")
    assert served.answers_right()
    assert served.metric('luke_qa_requests_total{outcome="crashes_workers"}') == 1


def test_metrics_are_complete_from_the_start(served: Served) -> None:
    text = served.metrics()
    for outcome in OUTCOMES:
        assert f'luke_qa_requests_total{{outcome="{outcome}"}}' in text
    for bound in map(float, BUCKETS):
        assert f'luke_qa_request_seconds_bucket{{le="{bound}",size="small"}}' in text
    assert 'luke_qa_engine_info{backend="torch",device="' in text
    wait_for(lambda: served.metric("luke_qa_workers_ready") == served.metric("luke_qa_workers_wanted") >= 1)


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_promtool_has_nothing_to_say_about_the_metrics(served: Served) -> None:
    done = subprocess.run(["promtool", "check", "metrics"], input=served.metrics(), capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_sigterm_lets_a_request_in_flight_end_and_harms_no_neighbour(
    served: Served, single: Path, tmp_path: Path
) -> None:
    with running(serve(tmp_path / "other", single)) as other, ThreadPoolExecutor(1) as pool:
        other.wait_until_ready()
        asked = pool.submit(post, other, LONG)
        wait_until_computing(other, LONG["question"], LONG["context"])
        assert other.end() == 0
        reply = asked.result()
        assert (reply.status_code, reply.json()["answer"]) == (200, "苺")
        assert served.answers_right()
        assert served.process.poll() is None
    assert sorted(path.name for path in other.instance.home.iterdir() if "pid" in path.name) == []


def test_a_taken_port_is_one_line_and_exit_1(served: Served, archive: Path, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        address = {"management_address": f"http://127.0.0.1:{port}"}
        with running(serve(tmp_path / "home", archive, address)) as rival:
            assert rival.process.wait(PATIENCE) == 1
            assert rival.stderr.read_text() == f"port {port}: another program is listening there.\n"


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("control_address", "8079", "control_address must be like http://127.0.0.1:8080, not '8079'."),
        ("drain_timeout", "long", "drain_timeout must be a whole number, not 'long'."),
        ("grpc_inference_port", "", "grpc_inference_port must be a whole number, not ''."),
    ],
)
def test_a_property_that_is_wrong_is_one_line_and_exit_1(
    archive: Path, tmp_path: Path, name: str, value: str, line: str
) -> None:
    with running(serve(tmp_path / "home", archive, {name: value})) as rival:
        assert rival.process.wait(PATIENCE) == 1
        assert rival.stderr.read_text() == f"config.properties: {line}\n"


def test_a_second_supervisor_of_one_home_is_refused(served: Served, archive: Path) -> None:
    rival = serve(served.instance.home, archive)
    assert rival.process.wait(PATIENCE) == 1
    assert rival.last_line() == f"process {served.process.pid} already serves from {served.instance.home}."
    assert served.answers_right()


def test_a_bad_setting_is_the_handlers_line_and_exit_1(tmp_path: Path) -> None:
    archive = tmp_path / "store" / f"{MODEL_NAME}.mar"
    build_single(archive, responseTimeout=5)
    with running(serve(tmp_path / "home", archive)) as broken:
        assert broken.process.wait(PATIENCE) == 1
        assert "time_limit" in broken.last_line()
        assert "responseTimeout" in broken.last_line()


def truncate(archive: Path) -> None:
    os.truncate(archive, archive.stat().st_size // 2)


def flip(archive: Path) -> None:
    with archive.open("r+b") as file:
        file.seek(archive.stat().st_size // 2)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))


@pytest.mark.parametrize("damage", [truncate, flip])
def test_a_damaged_archive_is_named_and_exit_1(archive: Path, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    damaged = tmp_path / "store" / archive.name
    damaged.parent.mkdir()
    shutil.copy(archive, damaged)
    damage(damaged)
    with running(serve(tmp_path / "home", damaged)) as broken:
        assert broken.process.wait(PATIENCE) == 1
        assert broken.last_line() == f"{damaged} is damaged: build it again with `make archive`."


def test_the_next_start_ends_what_a_killed_supervisor_left(
    own_instance: Instance, single: Path, tmp_path: Path
) -> None:
    start(own_instance, single, tmp_path / "logs")
    supervisor, java = own_instance.supervisor(), own_instance.process()
    assert supervisor is not None
    assert java is not None
    family = [java, *java.children(recursive=True)]
    supervisor.kill()
    supervisor.wait(PATIENCE)
    assert own_instance.is_orphaned()
    start(own_instance, single, tmp_path / "logs")
    assert not any(process.is_running() for process in family)
    assert stop(own_instance)
    assert left_of(own_instance) == []


def test_stop_ends_a_start_that_is_under_way(own_instance: Instance, single: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        started = pool.submit(start, own_instance, single, tmp_path / "logs")
        wait_for(own_instance.supervisor)
        assert not is_ready(own_instance)
        assert stop(own_instance)
        with pytest.raises(ServerError, match=r"^it was stopped\.$"):
            started.result()
    assert left_of(own_instance) == []


def test_logs_roll_without_loss(archive: Path, tmp_path: Path) -> None:
    quick = tmp_path / "log4j2.xml"
    text = (CONFIG / "log4j2.xml").read_text("utf-8")
    quick.write_text(text.replace('size="20 MB"', 'size="1 KB"').replace('level="warn"', 'level="info"'), "utf-8")
    with running(serve(tmp_path / "home", archive, {"vmargs": f"-Dlog4j.configurationFile={quick}"})) as served:
        served.wait_until_ready()
        served_workers = len(served.workers())
        logs = served.instance.home / "logs"
        assert served.end() == 0
    rolled = sorted(logs.glob("model_log.*.log.gz"), key=lambda path: -int(path.name.split(".")[1]))
    assert 1 < len(rolled) < 9
    whole = b"".join(gzip.decompress(path.read_bytes()) for path in rolled) + (logs / "model_log.log").read_bytes()
    assert whole.count(b"luke-qa is ready: ") == served_workers
    assert whole.count(b"Torch worker started.") == served_workers
    assert list(logs.glob("ts_log.*.log.gz"))
