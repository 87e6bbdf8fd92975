"""The time to import the client, compared with importing requests.

    python -m bench.client_import [--repeats 15] [--output report.json]

Each import is timed from the start of a new interpreter to its exit. The imports take turns.
"""

import argparse
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import torch

from bench.output import save
from bench.timing import take_turns
from ops.layout import ROOT

MODULES = ("requests", "luke_qa_client")


def run_import(module: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "client" / "src")}
    subprocess.run([sys.executable, "-c", f"import {module}"], env=environment, check=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    imports = {module: partial(run_import, module) for module in MODULES}
    times = take_turns(imports, arguments.repeats, torch.device("cpu"))
    requests, client = (times[module] for module in MODULES)
    report = {
        "milliseconds": {module: 1000 * times[module].median for module in MODULES},
        "ratio": requests.times_faster_than(client),  # how many times as long the client takes
        "spread": {module: times[module].spread for module in MODULES},
    }
    print(report)
    save(report, arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
