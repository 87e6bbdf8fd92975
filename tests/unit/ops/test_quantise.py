"""int8 has to prove itself on questions before it gets into an archive."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from luke_qa.checkpoint import Checkpoint, EndLabel, load_weights, open_checkpoint
from luke_qa.openvino_graph import write_graph
from luke_qa.openvino_model import OpenVinoModel
from ops import quantise
from ops.layout import ROOT
from ops.quantise import QuantisationError
from tests.support.paragraphs import TOWN, paragraph, write_jsonl

PATHS = os.pathsep.join(str(ROOT / part) for part in (".", "handler", "client/src"))
ENVIRONMENT = {**os.environ, "PYTHONPATH": PATHS}

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    opened = open_checkpoint(ROOT / "checkpoints" / "embedded")
    write_graph(opened.config, load_weights(opened), tmp_path)
    return opened


def test_int8_answers_nearly_as_well(checkpoint: Checkpoint, tmp_path: Path) -> None:
    data = write_jsonl(tmp_path / "town.jsonl", TOWN)
    compared = quantise.quantise(checkpoint, load_weights(checkpoint), EndLabel.EXCLUSIVE, data, tmp_path)
    assert compared.questions == sum(len(p.questions) for p in TOWN[1::2])
    assert compared.after >= compared.before - quantise.MAX_LOSS
    assert OpenVinoModel(checkpoint.config, tmp_path, 1).describe()["dtype"] == "int8 and float32"


def test_a_loss_is_refused_with_both_figures(
    checkpoint: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_jsonl(tmp_path / "town.jsonl", TOWN)
    monkeypatch.setattr(quantise, "MAX_LOSS", -200.0)
    with pytest.raises(QuantisationError, match=r"F1 from \d+\.\d to \d+\.\d on \d+ questions"):
        quantise.quantise(checkpoint, load_weights(checkpoint), EndLabel.EXCLUSIVE, data, tmp_path)


def test_too_little_data_proves_nothing(checkpoint: Checkpoint, tmp_path: Path) -> None:
    data = write_jsonl(tmp_path / "one.jsonl", [paragraph("灯台", "灯台は石造りである。", ("灯台は何造りか", "石"))])
    with pytest.raises(QuantisationError, match="two paragraphs"):
        quantise.quantise(checkpoint, load_weights(checkpoint), EndLabel.EXCLUSIVE, data, tmp_path)


def test_nothing_is_reported_to_anybody() -> None:
    """Seen from a process of its own: under pytest NNCF reports nothing anyway."""
    program = "import ops.quantise; from nncf.telemetry.wrapper import *; print(isinstance(telemetry, NNCFTelemetry))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=ENVIRONMENT)
    assert done.stdout.strip() == "False"
