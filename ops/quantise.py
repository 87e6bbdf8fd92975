"""Quantise OpenVINO's graph to int8, and accept the result only if the answers stay as good.

The paragraphs of a question set alternate: the first, third, ... calibrate the quantiser, and the questions about the
others validate it: they are answered with the graph before and after.
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
from luke_qa.checkpoint import Checkpoint, ModelConfig
from luke_qa.choices import EndLabel
from luke_qa.errors import RequestError
from luke_qa.tokenizer import IntArray, Tokenizer
from luke_qa_client.evaluation.questions import Paragraph, read_questions, sample
from luke_qa_client.metrics import Score, score_answers
from ops.errors import QuantisationError
from ops.reader import Asked, Reader

# NNCF reports every use to an analytics service, except on its developers' own CI.
os.environ["NNCF_CI"] = "1"
import nncf

CALIBRATION_QUESTIONS = 150
JUDGED_QUESTIONS = 1000


@dataclass(frozen=True, slots=True)
class Comparison:
    """F1 in percent over the validation questions, before and after."""

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
    """Replace the graph in ``directory`` (``openvino_graph.write_graph``) with one in int8.

    Operations that are not quantised are computed in ``dtype``, as in the server.

    Raises:
        QuantisationError: F1 fell by more than ``max_loss`` points, or ``data`` cannot be used for validation.
    """
    served = replace(checkpoint, path=directory)
    tokenizer = Tokenizer.from_file(checkpoint.tokenizer_file)

    def reader() -> Reader:
        return Reader(tokenizer, OpenVinoModel(served, torch.get_num_threads(), dtype), end_label)

    try:
        paragraphs = read_questions(data)
        calibration = sample(paragraphs[::2], CALIBRATION_QUESTIONS)
        judged = sample(paragraphs[1::2], JUDGED_QUESTIONS)
        original = reader()
        windows = _windows(original, calibration)
        before = _score(original, judged)
    except (ValueError, OSError, RequestError) as error:
        raise QuantisationError(f"{data} cannot be used to validate int8: {error}") from error
    if not windows or not before.count:
        raise QuantisationError(f"{data} needs answerable questions about at least two paragraphs.")
    write_int8(checkpoint.config, weights, windows, directory)
    after = _score(reader(), judged)
    compared = Comparison(before.count, 100 * before.f1, 100 * after.f1)
    if compared.after < compared.before - max_loss:
        raise QuantisationError(
            f"int8 takes F1 from {compared.before:.1f} to {compared.after:.1f} on {compared.questions} questions of "
            f"{data}, a loss of more than {max_loss} points: package without INT8, or try another question set."
        )
    return compared


def write_int8(
    config: ModelConfig, weights: Mapping[str, Tensor], windows: Sequence[IntArray], directory: Path
) -> None:
    """Write the int8 graph, calibrated on the activations of ``windows`` (each ``[tokens]``)."""
    nncf.set_log_level(logging.ERROR)
    graph = nncf.quantize(
        build_graph(config, weights),
        nncf.Dataset(windows, lambda ids: [ids[None]]),
        model_type=nncf.ModelType.TRANSFORMER,
        subset_size=len(windows),
    )
    save_graph(graph, directory)


def _windows(reader: Reader, paragraphs: Sequence[Paragraph]) -> list[IntArray]:
    computed = reader.compute(_asked(paragraphs))
    return [window.ids for item in computed for window in item.prepared.windows]


def _score(reader: Reader, paragraphs: Sequence[Paragraph]) -> Score:
    """The score of the answerable questions."""
    return score_answers(
        (found.spans[0].answer, [gold.text for gold in question.answers])
        for paragraph, answers in zip(paragraphs, reader.answer(_asked(paragraphs)), strict=True)
        for question, found in zip(paragraph.questions, answers, strict=True)
        if question.answers
    )


def _asked(paragraphs: Sequence[Paragraph]) -> list[Asked]:
    return [Asked(tuple(q.text for q in p.questions), (p.context,)) for p in paragraphs]
