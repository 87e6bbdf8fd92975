"""A server to measure: its configuration, archive, start and metrics."""

import argparse
import os
import re
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import requests
import torch
import yaml

from bench.bare import Layout
from bench.output import save
from bench.texts import Pair, draw_pairs
from luke_qa.checkpoint import open_checkpoint
from luke_qa.choices import Backend
from luke_qa.metrics import STAGES
from luke_qa.settings import read_settings
from luke_qa.tokenizer import Tokenizer
from luke_qa.workers import count_workers, worker_threads
from ops.archive import build_archive
from ops.instance import Instance, free_ports
from ops.layout import MODEL_NAME
from ops.profiles import Profile, read_model_config
from ops.server import make_instance, start, stop

CALLERS = 64

# The report on a server: an instance that is not running yet, its archive, its configuration, the requests, and the
# seconds of each load.
Measure = Callable[[Instance, Path, dict[str, Any], list[Pair], float], dict[str, Any]]


def configured(changes: Sequence[str]) -> dict[str, Any]:
    """``model-config.yaml`` with changes such as ``handler.dtype=bfloat16``."""
    config = read_model_config(Profile.AUTO)
    for change in changes:
        path, _, value = change.partition("=")
        *above, name = path.split(".")
        section = config
        for key in above:
            section = section[key]
        section[name] = yaml.safe_load(value)
    return config


def layout(config: dict[str, Any]) -> Layout:
    """The server's workers, and the threads of each."""
    cores, gpus = len(os.sched_getaffinity(0)), torch.cuda.device_count()
    threads = worker_threads(read_settings(config["handler"]), config, cores, gpus)
    return Layout(count_workers(config, cores, gpus), threads)


def serve(instance: Instance, archive: Path, pair: Pair) -> str:
    """Start the server and wait for its first answer; return the URL for predictions."""
    start(instance, archive, instance.home / "logs")
    url = f"{instance.inference_url}/predictions/{MODEL_NAME}"
    requests.post(url, data=pair.body(), headers={"Content-Type": "application/json"}, timeout=60).raise_for_status()
    return url


def stages(instance: Instance) -> dict[str, float]:
    """The server's own sums so far: time in each stage and in the queue, batches, requests."""
    served = requests.get(f"{instance.control_url}/metrics", timeout=30).text
    # TorchServe's own: how long its queue held the requests is known to it alone.
    frontend = requests.get(f"{instance.properties['metrics_address']}/metrics", timeout=30).text
    return {
        **{f"{stage}_seconds": _total(rf'luke_qa_stage_seconds_sum\{{stage="{stage}"', served) for stage in STAGES},
        "batches": _total(r'luke_qa_stage_seconds_count\{stage="compute"', served),
        "queue_microseconds": _total(r"ts_queue_latency_microseconds\{", frontend),
        "requests": _total(r"ts_inference_requests_total\{", frontend),
    }


def _total(pattern: str, text: str) -> float:
    return sum(float(value) for value in re.findall(rf"^{pattern}[^}}]*\}} (\S+)", text, re.MULTILINE))


def memory(instance: Instance) -> list[float]:
    """The PSS of each worker in megabytes: a page shared by n processes counts 1/n."""
    process = instance.process()
    assert process is not None
    return [child.memory_full_info().pss / 1e6 for child in process.children() if "python" in child.name()]


def command(description: str | None, measure: Measure) -> int:
    """Run a command: parse its arguments, build the archive, measure, stop the server, save the report."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, default=Path("checkpoints/embedded"))
    parser.add_argument("--backend", type=Backend, choices=list(Backend)[1:], default=Backend.TORCH)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="change model-config.yaml")
    parser.add_argument("--requests", type=int, default=200, help="distinct requests")
    parser.add_argument("--seconds", type=float, default=20.0, help="duration of each load")
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the server is stopped on SIGTERM as well
    config = configured(arguments.set)
    pairs = draw_pairs(arguments.requests, Tokenizer.from_file(open_checkpoint(arguments.checkpoint).tokenizer_file), 1)
    with tempfile.TemporaryDirectory() as scratch:
        home, archive = Path(scratch) / "home", Path(scratch) / "store" / f"{MODEL_NAME}.mar"
        build_archive(arguments.checkpoint, None, archive, arguments.backend, model_config=config)
        instance = make_instance(home, free_ports())
        try:
            report = measure(instance, archive, config, pairs, arguments.seconds)
        finally:
            stop(instance)
    name = ", ".join((arguments.checkpoint.name, arguments.backend, *arguments.set))
    save({"name": name, **report}, arguments.output)
    return 0
