"""A worker's sign of life."""

import os
import struct
import subprocess
import sys
import time
from pathlib import Path

from luke_qa.heartbeat import INTERVAL, seconds_since_heartbeat
from ops.layout import HANDLER

BEAT = """
import sys
from pathlib import Path
from luke_qa.heartbeat import start_heartbeat
start_heartbeat(Path(sys.argv[1]))
sys.stdin.read()
"""


def test_a_worker_beats_until_it_ends(tmp_path: Path) -> None:
    directory = tmp_path / "heartbeats"
    environment = {**os.environ, "PYTHONPATH": str(HANDLER)}
    command = [sys.executable, "-c", BEAT, str(directory)]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE) as worker:
        beats = set[bytes]()
        deadline = time.monotonic() + 60
        while len(beats) < 3:  # the first may be the empty file
            assert time.monotonic() < deadline
            file = directory / str(worker.pid)
            if file.exists():
                beats.add(file.read_bytes())
            time.sleep(INTERVAL / 10)
        assert seconds_since_heartbeat(directory, worker.pid) is not None
        worker.stdin.close()  # type: ignore[union-attr]
    assert worker.returncode == 0


def test_the_silence_is_that_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "7").write_bytes(struct.pack("d", time.monotonic() - 100))
    silence = seconds_since_heartbeat(tmp_path, 7)
    assert silence is not None
    assert silence >= 100


def test_who_never_beat_has_no_silence(tmp_path: Path) -> None:
    assert seconds_since_heartbeat(tmp_path, 7) is None
    (tmp_path / "7").touch()
    assert seconds_since_heartbeat(tmp_path, 7) is None
    assert seconds_since_heartbeat(tmp_path / "nowhere", 7) is None
