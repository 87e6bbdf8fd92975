"""The file of a report: the measurements with their date, command, machine and versions."""

import json
import os
import platform
import shlex
import sys
from collections.abc import Mapping
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil
import torch

PACKAGES = ("torch", "openvino", "nncf", "transformers", "torchserve", "sentencepiece", "numpy")
FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")


def save(report: Mapping[str, Any], output: Path | None) -> None:
    """Write the report as JSON, if there is an output."""
    if output:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps({**origin(), **report}, indent=1), "utf-8")


def origin() -> dict[str, Any]:
    """The date, the command, the machine and the versions."""
    return {
        "date": date.today().isoformat(),
        "command": command(),
        "machine": machine(),
        "versions": {"python": platform.python_version(), **versions()},
    }


def command() -> str:
    """The command that runs, by its module."""
    specification = sys.modules["__main__"].__spec__
    module = specification.name.removesuffix(".__main__") if specification else Path(sys.argv[0]).stem
    return f"python -m {module} {shlex.join(sys.argv[1:])}".strip()


def machine() -> dict[str, Any]:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    facts = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return {
        "processor": facts.get("model name", platform.machine()),
        "cores": len(os.sched_getaffinity(0)),
        "flags": [flag for flag in FLAGS if flag in facts.get("flags", "").split()],
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
        "gpus": [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())],
    }


def versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
