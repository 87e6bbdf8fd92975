"""ONNX Runtime behind FastAPI: the card's tokens and slice, its forward pass as an optimised float32 graph."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
from card import Card
from setting import SETTING
from web import make_app, run

GRAPH = Path("model.onnx")  # in the working directory, which is the benchmark's scratch


def load() -> Callable[[str, str], str]:
    card = Card(with_model=False)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads = SETTING.threads
    session = onnxruntime.InferenceSession(GRAPH, options, providers=["CPUExecutionProvider"])

    def answer(question: str, context: str) -> str:
        ids = card.encode(question, context)
        rows = np.asarray([ids], dtype=np.int64)
        start, end = session.run(["start", "end"], {"input_ids": rows, "attention_mask": np.ones_like(rows)})
        return card.decode(ids, start[0], end[0])

    return answer


app = make_app(load)

if __name__ == "__main__":
    # In its own process: the exporter's memory must not count as the server's.
    subprocess.run([sys.executable, Path(__file__).with_name("export.py"), GRAPH], check=True)
    run()
