"""int8 has to prove itself on questions before it gets into an archive."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from luke_qa.backends.openvino_graph import write_graph
from luke_qa.backends.openvino_model import OpenVinoModel
from luke_qa.checkpoint import Checkpoint, load_weights, open_checkpoint
from luke_qa.choices import Backend, EndLabel
from ops import quantise
from ops.archive import MAX_LOSS, build_archive
from ops.errors import QuantisationError
from ops.layout import ROOT
from tests.support.checkpoints import EMBEDDED
from tests.support.paragraphs import TOWN, paragraph, write_jsonl
from training.data.qa_data import Paragraph

PATHS = os.pathsep.join(str(ROOT / part) for part in (".", "handler", "client/src"))
ENVIRONMENT = {**os.environ, "PYTHONPATH": PATHS}

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    opened = open_checkpoint(EMBEDDED)
    write_graph(opened.config, load_weights(opened), tmp_path)
    return opened


def run(checkpoint: Checkpoint, data: Path, directory: Path) -> quantise.Comparison:
    weights = load_weights(checkpoint)
    return quantise.quantise(checkpoint, weights, EndLabel.EXCLUSIVE, "float32", data, directory, MAX_LOSS)


def test_a_loss_is_refused_with_both_figures_and_leaves_the_old_archive(tmp_path: Path) -> None:
    data, output = write_jsonl(tmp_path / "town.jsonl", TOWN), tmp_path / "luke-qa.mar"
    output.write_text("the old one")
    with pytest.raises(QuantisationError, match=r"F1 from \d+\.\d to \d+\.\d on \d+ questions"):
        build_archive(EMBEDDED, None, output, Backend.OPENVINO, data, max_loss=-200.0)
    assert output.read_text() == "the old one"


def test_an_archive_holds_the_graph_that_was_judged_by_the_half_that_it_was_not_made_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, output = write_jsonl(tmp_path / "town.jsonl", TOWN), tmp_path / "luke-qa.mar"
    build_archive(EMBEDDED, None, output, Backend.OPENVINO, data)
    judged = re.search(r"int8: F1 (\d+\.\d) -> (\d+\.\d) on (\d+) questions", capsys.readouterr().out)
    assert judged
    assert 0 < float(judged[2]) <= 100
    assert int(judged[3]) == sum(len(paragraph.questions) for paragraph in TOWN[1::2])
    shutil.unpack_archive(output, tmp_path / "content", "zip")
    assert b"FakeQuantize" in (tmp_path / "content" / "openvino_model.xml").read_bytes()
    model = OpenVinoModel(replace(open_checkpoint(EMBEDDED), path=tmp_path / "content"), 1)
    assert model.describe()["dtype"] == "int8 and float32"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([paragraph("灯台", "灯台は石造りである。", ("灯台は何造りか", "石"))], "two paragraphs"),
        ([paragraph("灯台", "灯台は石造りである。", ("何造りか" * 300, "石"))] * 2, "cannot be used to validate"),
        ([], "two paragraphs"),
    ],
)
def test_data_that_proves_nothing_is_refused(
    checkpoint: Checkpoint, tmp_path: Path, content: list[Paragraph], message: str
) -> None:
    with pytest.raises(QuantisationError, match=message):
        run(checkpoint, write_jsonl(tmp_path / "few.jsonl", content), tmp_path)


def test_nothing_is_reported_to_anybody() -> None:
    """Seen from a process of its own: under pytest NNCF reports nothing anyway."""
    program = "import ops.quantise; from nncf.telemetry.wrapper import *; print(isinstance(telemetry, NNCFTelemetry))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=ENVIRONMENT)
    assert done.stdout.strip() == "False"
