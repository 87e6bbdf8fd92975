"""Install, start and stop the peers, each with its ``app.py`` and ``requirements.txt`` in its own folder."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import requests

from bench.texts import Pair
from ops.instance import free_ports
from ops.layout import ROOT

FOLDER = Path(__file__).parent
ENVIRONMENTS = ROOT / ".work" / "peers"
START_TIMEOUT = 300.0  # seconds
STOP_TIMEOUT = 30.0
MAX_WORKERS = 4


class PeerError(Exception):
    """A peer could not be installed or started; the message is the end of its output."""


def plain_answer(reply: bytes) -> str:
    return str(json.loads(reply)["answer"])


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is up: its URL, how to build a request body and how to read its answer."""

    name: str
    url: str
    body: Callable[[Pair], bytes] = Pair.body
    answer: Callable[[bytes], str] = plain_answer


@dataclass(frozen=True, slots=True)
class Peer:
    """An alternative way to serve the checkpoint."""

    name: str
    title: str
    path: str = "predictions/qa"
    body: Callable[[Pair], bytes] = Pair.body
    answer: Callable[[bytes], str] = plain_answer


def triton_body(pair: Pair) -> bytes:
    """A request in KServe's protocol, which Triton uses."""
    texts = {"question": pair.question, "context": pair.context}
    tensors = [{"name": k, "shape": [1, 1], "datatype": "BYTES", "data": [text]} for k, text in texts.items()]
    return json.dumps({"inputs": tensors}).encode()


def triton_answer(reply: bytes) -> str:
    return str(json.loads(reply)["outputs"][0]["data"][0])


PEERS = (
    Peer("card", "model card's lines, FastAPI"),
    Peer("torchserve", "TorchServe, handler as in its example"),
    Peer("litserve", "LitServe, dynamic batching"),
    Peer("ray", "Ray Serve, @serve.batch"),
    Peer("pipeline", "transformers pipeline, FastAPI"),
    Peer("onnx", "ONNX Runtime, FastAPI"),
    Peer("triton", "Triton, PyTriton", "v2/models/qa/infer", triton_body, triton_answer),
)


def share_cores(cores: int) -> tuple[int, int]:
    """The workers and the threads of each; together they use no more threads than there are cores."""
    workers = min(cores, MAX_WORKERS)
    return workers, cores // workers


def install(peer: Peer) -> Path:
    """Install the peer's virtual environment, unless its requirements are already installed.

    Raises:
        PeerError: the installation failed.
    """
    directory, requirements = ENVIRONMENTS / peer.name, FOLDER / peer.name / "requirements.txt"
    stamp, wanted = directory / "installed.txt", requirements.read_text("utf-8")
    if stamp.is_file() and stamp.read_text("utf-8") == wanted:
        return directory
    shutil.rmtree(directory, ignore_errors=True)
    for command in (
        [sys.executable, "-m", "venv", str(directory)],
        [str(directory / "bin" / "python"), "-m", "pip", "install", "-r", str(requirements)],
    ):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            raise PeerError(last_lines(done.stdout))
    stamp.write_text(wanted, "utf-8")
    return directory


@contextmanager
def serve(peer: Peer, checkpoint: Path, scratch: Path, first: Pair) -> Iterator[Server]:
    """Start the peer and wait until it answers ``first``; stop it at the end of the block.

    Raises:
        PeerError: it does not answer.
    """
    environment = install(peer)
    home, log = scratch / peer.name, scratch / f"{peer.name}.log"
    home.mkdir()
    ports = [address.rpartition(":")[2] for address in free_ports().values()]
    server = Server(peer.title, f"http://127.0.0.1:{ports[0]}/{peer.path}", peer.body, peer.answer)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [environment / "bin" / "python", FOLDER / peer.name / "app.py"],
            cwd=home,
            env=variables(environment, home, checkpoint, ports),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_it_answers(server, process, log, first)
        yield server
    finally:
        stop(process)


def variables(environment: Path, home: Path, checkpoint: Path, ports: Sequence[str]) -> Mapping[str, str]:
    """The environment of the peer's process: only its own packages, and the checkpoint."""
    workers, threads = share_cores(len(os.sched_getaffinity(0)))
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return inherited | {
        "PATH": f"{environment / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "HOME": str(home),  # Ray keeps a key there
        "PYTHONPATH": str(FOLDER / "common"),
        "QA_CHECKPOINT": str(checkpoint.resolve()),
        "QA_PORTS": " ".join(ports),
        "QA_WORKERS": str(workers),
        "QA_THREADS": str(threads),
        # For the threads of libraries other than torch; set as for this server.
        "OMP_NUM_THREADS": str(threads),
        "OMP_WAIT_POLICY": "PASSIVE",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
        "RAY_USAGE_STATS_ENABLED": "0",
    }


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a server and every process that it started."""
    family = _family(process.pid)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)  # the whole group: TorchServe's first process would leave Java running
    _, alive = psutil.wait_procs(family, STOP_TIMEOUT)
    for each in alive:
        each.kill()
    psutil.wait_procs(alive, STOP_TIMEOUT)
    process.wait(STOP_TIMEOUT)


def last_lines(text: str, count: int = 8) -> str:
    return "\n".join([line for line in text.splitlines() if line.strip()][-count:])


def _family(leader: int) -> list[psutil.Process]:
    """The processes of the session that ``leader`` started, and their children in any session."""
    found = set[psutil.Process]()
    for process in psutil.process_iter():
        with suppress(OSError, psutil.Error):
            if os.getsid(process.pid) == leader:
                found |= {process, *process.children(recursive=True)}
    return list(found)


def _wait_until_it_answers(server: Server, process: subprocess.Popen[bytes], log: Path, first: Pair) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            reply = requests.post(
                server.url, data=server.body(first), headers={"Content-Type": "application/json"}, timeout=60
            )
            if reply.status_code == 200 and isinstance(server.answer(reply.content), str):
                return
        except requests.RequestException:
            pass
        time.sleep(0.5)
    raise PeerError(last_lines(log.read_text("utf-8", "replace")) or f"no answer after {START_TIMEOUT:.0f} s")
