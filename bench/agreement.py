"""Do backends, devices and precisions give the same answers? The reference is torch in float32 on the CPU.

    python -m bench.agreement --checkpoint checkpoints/embedded --data valid.jsonl [--limit 250] [--int8 train.jsonl]

``--int8`` is the question set for the int8 graph, as in ``make archive``. It must differ from ``--data``.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

import torch

from bench.output import save
from luke_qa.checkpoint import load_weights, open_checkpoint
from luke_qa.choices import Backend
from luke_qa.query import Span
from ops.archive import MAX_LOSS
from ops.errors import QuantisationError
from ops.reader import Reader
from training.data.qa_data import read_questions
from training.evaluation.outcomes import answerable, as_asked, overall, score_outcomes


@dataclass(frozen=True, slots=True)
class Run:
    """The result of one candidate; rates in percent, ``same_answer`` relative to the first candidate."""

    backend: str
    device: str
    dtype: str
    questions: int
    exact_match: float
    f1: float
    same_answer: float
    max_score_difference: float
    questions_per_second: float


@dataclass(frozen=True, slots=True)
class Way:
    """A checkpoint directory, and what runs its forward pass."""

    path: Path
    backend: Backend
    device: str
    dtype: str


def ways(checkpoint: Path, int8: Path | None, scratch: Path) -> Iterator[Way]:
    """All candidates that this machine supports; the first is the reference."""
    yield Way(checkpoint, Backend.TORCH, "cpu", "float32")
    yield Way(checkpoint, Backend.TORCH, "cpu", "bfloat16")
    if torch.cuda.is_available():
        for dtype in ("float32", "bfloat16", "float16"):
            yield Way(checkpoint, Backend.TORCH, "cuda", dtype)
    if find_spec("openvino") is None:
        return
    from luke_qa.backends.openvino_graph import write_graph

    opened = open_checkpoint(checkpoint)
    weights, plain, quantised = load_weights(opened), scratch / "plain", scratch / "int8"
    shutil.copytree(checkpoint, plain)
    write_graph(opened.config, weights, plain)
    yield Way(plain, Backend.OPENVINO, "cpu", "float32")
    yield Way(plain, Backend.OPENVINO, "cpu", "bfloat16")
    if int8:
        from ops.quantise import quantise

        shutil.copytree(plain, quantised)
        try:
            print(
                quantise(opened, weights, opened.require_end_label(), "float32", int8, quantised, MAX_LOSS), flush=True
            )
        except QuantisationError as error:
            print(error, flush=True)
        yield Way(quantised, Backend.OPENVINO, "cpu", "float32")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--limit", type=int, help="paragraphs; default: all")
    parser.add_argument("--int8", type=Path, help="question set for the int8 graph")
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()

    paragraphs = [paragraph for paragraph in read_questions(arguments.data) if paragraph.questions][: arguments.limit]
    reference: list[Span] = []
    runs = []
    with tempfile.TemporaryDirectory() as scratch:
        for way in ways(arguments.checkpoint, arguments.int8, Path(scratch)):
            reader = Reader.open(way.path, way.device, way.dtype, backend=way.backend)
            reader.answer(as_asked(paragraphs[:1]))
            started = time.perf_counter()
            answers = reader.answer(as_asked(paragraphs))
            seconds = time.perf_counter() - started
            spans = [found.spans[0] for of_paragraph in answers for found in of_paragraph]
            reference = reference or spans
            score = overall(answerable(score_outcomes(paragraphs, answers)))
            pairs = list(zip(spans, reference, strict=True))
            described = reader.model.describe()
            runs.append(
                Run(
                    described["backend"],
                    described["device"],
                    described["dtype"],
                    len(spans),
                    100 * score.exact_match,
                    100 * score.f1,
                    100 * sum((a.start, a.end) == (b.start, b.end) for a, b in pairs) / len(pairs),
                    max(abs(a.score - b.score) for a, b in pairs),
                    len(spans) / seconds,
                )
            )
            print(runs[-1], flush=True)
    save({"data": arguments.data.name, "runs": [asdict(run) for run in runs]}, arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
