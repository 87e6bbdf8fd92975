"""int8 for OpenVINO: asked for where an archive is built, and kept only where the answers stay as good.

Half of the paragraphs of a question set show the quantiser what activations look like; the questions of the other half
are answered with the graph as it was and with the quantised one.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from luke_qa.backends.openvino_graph import build_graph, save_graph
from luke_qa.backends.openvino_model import OpenVinoModel
from luke_qa.checkpoint import Checkpoint, EndLabel, ModelConfig
from luke_qa.errors import RequestError
from luke_qa.tokenizer import IntArray, Tokenizer
from ops.errors import QuantisationError
from training.data.qa_data import Paragraph, read_questions, sample
from training.evaluation.outcomes import answerable, as_asked, overall, score_outcomes
from training.evaluation.reader import Reader

# NNCF reports every use to an analytics service, unless it takes the machine for its makers' own.
os.environ["NNCF_CI"] = "1"
import nncf

_CALIBRATION_QUESTIONS = 150
_JUDGED_QUESTIONS = 1000


@dataclass(frozen=True, slots=True)
class Comparison:
    """F1 in percent over the judged questions, before and after."""

    questions: int
    before: float
    after: float


def quantise(
    checkpoint: Checkpoint,
    weights: Mapping[str, Tensor],
    end_label: EndLabel,
    dtype: str,
    data: Path,
    directory: Path,
    max_loss: float,
) -> Comparison:
    """Exchange the graph in ``directory`` (``openvino_graph.write_graph``) for one in int8, whose other products are in
    ``dtype``, as the server will compute them.

    Raises:
        QuantisationError: F1 would fall by more than ``max_loss`` points, or ``data`` cannot tell.
    """
    served = replace(checkpoint, path=directory)
    tokenizer = Tokenizer.from_file(checkpoint.tokenizer_file)

    def reader() -> Reader:
        return Reader(tokenizer, OpenVinoModel(served, torch.get_num_threads(), dtype), end_label)

    try:
        paragraphs = read_questions(data)
        shown, judged = sample(paragraphs[::2], _CALIBRATION_QUESTIONS), sample(paragraphs[1::2], _JUDGED_QUESTIONS)
        before_reader = reader()
        windows = _windows(before_reader, shown)
        before, questions = _f1(before_reader, judged)
    except (ValueError, OSError, RequestError) as error:
        raise QuantisationError(f"{data} cannot show what int8 costs: {error}") from error
    if not windows or not questions:
        raise QuantisationError(f"{data} needs answerable questions about two paragraphs or more.")
    write_int8(checkpoint.config, weights, windows, directory)
    after, _ = _f1(reader(), judged)
    if after < before - max_loss:
        raise QuantisationError(
            f"int8 takes F1 from {before:.1f} to {after:.1f} on {questions} questions of {data}, which is more than "
            f"{max_loss} points."
        )
    return Comparison(questions, before, after)


def write_int8(
    config: ModelConfig, weights: Mapping[str, Tensor], windows: Sequence[IntArray], directory: Path
) -> None:
    """Write the graph in int8, scaled after what ``windows`` make it compute."""
    nncf.set_log_level(logging.ERROR)
    graph = nncf.quantize(
        build_graph(config, weights),
        nncf.Dataset(windows, lambda ids: [ids[None]]),
        model_type=nncf.ModelType.TRANSFORMER,
        subset_size=len(windows),
    )
    save_graph(graph, directory)


def _windows(reader: Reader, paragraphs: list[Paragraph]) -> list[IntArray]:
    computed = reader.compute(as_asked(paragraphs))
    return [window.ids for item in computed for window in item.prepared.windows]


def _f1(reader: Reader, paragraphs: list[Paragraph]) -> tuple[float, int]:
    score = overall(answerable(score_outcomes(paragraphs, reader.answer(as_asked(paragraphs)))))
    return 100 * score.f1, score.count
