"""The time from the command to the first answer: the server, compared with a script without a server.

    python -m bench.cold_start [--checkpoint DIRECTORY] [--backend openvino] [--set handler.dtype=bfloat16] [--output F]

The script does what a worker does: it starts Python, loads the same code and weights from the unpacked archive, and
answers once. The two take turns. The first turn is not counted, because it reads the files from disk.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.bare import best_spans, open_service, unpack
from bench.setting import command, serve
from bench.texts import Pair
from bench.timing import Times
from ops.instance import Instance
from ops.server import stop

TURNS = 5


def answer_once(directory: Path, config: dict[str, Any], pair: Pair) -> str:
    return best_spans(open_service(directory, config, len(os.sched_getaffinity(0))), [pair])[0].answer


def run_script(directory: Path, config: dict[str, Any], pair: Pair) -> float:
    """Seconds that a new Python process takes to answer once."""
    given = json.dumps([str(directory), config, pair.question, pair.context])
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", __spec__.name, "--answer-once"], input=given, text=True, check=True)
    return time.perf_counter() - began


def measure(
    instance: Instance, archive: Path, config: dict[str, Any], pairs: list[Pair], seconds: float
) -> dict[str, Any]:
    directory = unpack(archive, instance.home / "unpacked")
    server, script = list[float](), list[float]()
    for turn in range(TURNS + 1):
        began = time.perf_counter()
        serve(instance, archive, pairs[0])
        served = time.perf_counter() - began
        stop(instance)
        alone = run_script(directory, config, pairs[0])
        print(f"server {served:.2f} s, script {alone:.2f} s", flush=True)
        if turn:
            server.append(served)
            script.append(alone)
    found = {"server": Times(tuple(server)), "script": Times(tuple(script))}
    return {
        "turns": TURNS,
        "ratio": found["script"].times_faster_than(found["server"]),
        "spread": {name: times.spread for name, times in found.items()},
    }


if __name__ == "__main__":
    if sys.argv[1:] == ["--answer-once"]:
        path, config, *texts = json.load(sys.stdin)
        answer_once(Path(path), config, Pair(*texts))
        sys.exit(0)
    sys.exit(command(__doc__, measure))
