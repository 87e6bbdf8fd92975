"""Packaging: what is in an archive, and what does not get into one."""

import hashlib
import json
import shutil
import zipfile
from pathlib import Path

import pytest
import torch

from luke_qa.checkpoint import GRAPH_FILES, CheckpointError, load_weights, open_checkpoint
from luke_qa.choices import Backend, EndLabel
from luke_qa.settings import SettingsError
from ops.archive import build_archive
from tests.support.checkpoints import EMBEDDED, use_pickle


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A copy of the embedded checkpoint that a test may damage."""
    return Path(shutil.copytree(EMBEDDED, tmp_path / "checkpoint, [of] mine"))


def undeclared(checkpoint: Path) -> Path:
    config = json.loads((checkpoint / "config.json").read_text("utf-8"))
    config.pop("luke_qa")
    (checkpoint / "config.json").write_text(json.dumps(config), "utf-8")
    return checkpoint


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_archive_holds_code_tokenizer_weights_and_configuration(checkpoint: Path, tmp_path: Path) -> None:
    output = tmp_path / "store" / "luke-qa.mar"
    build_archive(checkpoint, None, output)
    with zipfile.ZipFile(output) as archive:
        names = set(archive.namelist())
        manifest = json.loads(archive.read("MAR-INF/MANIFEST.json"))
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
    assert {"luke_qa_handler.py", "luke_qa/engine.py", "model-config.yaml", "config.json"} <= names
    assert {"model.safetensors", "sentencepiece.bpe.model"} <= names
    assert not any("pycache" in name for name in names)
    assert manifest["model"]["handler"] == "luke_qa_handler.py"
    assert manifest["model"]["configFile"] == "model-config.yaml"
    assert [path.name for path in output.parent.iterdir()] == ["luke-qa.mar"]


def test_the_same_inputs_give_the_same_bytes(checkpoint: Path, tmp_path: Path) -> None:
    for name in ("first.mar", "second.mar"):
        build_archive(checkpoint, None, tmp_path / name)
        (checkpoint / "config.json").touch()
    assert digest(tmp_path / "first.mar") == digest(tmp_path / "second.mar")


def test_the_graph_of_openvino_is_packaged_where_it_is_asked_for(checkpoint: Path, tmp_path: Path) -> None:
    for name in ("first.mar", "second.mar"):
        build_archive(checkpoint, None, tmp_path / name, Backend.OPENVINO)
    assert digest(tmp_path / "first.mar") == digest(tmp_path / "second.mar")
    with zipfile.ZipFile(tmp_path / "first.mar") as archive:
        assert {*GRAPH_FILES, "model.safetensors"} <= set(archive.namelist())


@pytest.mark.parametrize("setting", [{"backend": "torch"}, {"dtype": "float16"}])
def test_a_graph_that_would_never_be_used_is_refused(checkpoint: Path, tmp_path: Path, setting: dict[str, str]) -> None:
    config = {"handler": setting}
    with pytest.raises(SettingsError, match="never be used"):
        build_archive(checkpoint, None, tmp_path / "luke-qa.mar", Backend.OPENVINO, model_config=config)


def test_an_undeclared_end_label_must_be_given(checkpoint: Path, tmp_path: Path) -> None:
    output = tmp_path / "luke-qa.mar"
    with pytest.raises(CheckpointError, match="END_LABEL="):
        build_archive(undeclared(checkpoint), None, output)
    assert not output.exists()
    build_archive(checkpoint, EndLabel.INCLUSIVE, output)
    shutil.unpack_archive(output, tmp_path / "content", "zip")
    assert open_checkpoint(tmp_path / "content").end_label is EndLabel.INCLUSIVE


def test_a_truncated_file_leaves_the_old_archive_as_it_was(checkpoint: Path, tmp_path: Path) -> None:
    output = tmp_path / "luke-qa.mar"
    build_archive(checkpoint, None, output)
    before = digest(output)
    weights = checkpoint / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    with pytest.raises(CheckpointError, match=r"model\.safetensors"):
        build_archive(checkpoint, None, output)
    assert digest(output) == before


def test_an_archive_has_safetensors_only(checkpoint: Path, tmp_path: Path) -> None:
    before = load_weights(open_checkpoint(checkpoint))
    use_pickle(checkpoint)
    build_archive(checkpoint, None, tmp_path / "luke-qa.mar")
    with zipfile.ZipFile(tmp_path / "luke-qa.mar") as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "unpacked")
    assert "model.safetensors" in names
    assert [name for name in names if name.endswith((".bin", ".pt", ".pth", ".pkl"))] == []
    unpacked = open_checkpoint(tmp_path / "unpacked")
    after = load_weights(unpacked)
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], before[name]) for name in before)
