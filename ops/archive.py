"""Build the archive that TorchServe loads: a checkpoint, the handler and the model configuration.

The archive is not compressed (weights do not shrink), and the same inputs give the same bytes.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import yaml
from safetensors.torch import save_file

from luke_qa.checkpoint import CONFIG_FILE, METADATA_KEY, SAFETENSORS_FILE, Checkpoint, load_weights, open_checkpoint
from luke_qa.choices import Backend, EndLabel
from luke_qa.settings import SettingsError, read_settings
from ops.hub import CARD_REPO
from ops.layout import HANDLER, MODEL_NAME
from ops.lockfile import locked_repo, sha256
from ops.profiles import MODEL_CONFIG, Profile, read_model_config

MAX_LOSS = 0.5  # points of F1 that int8 may lose
MANIFEST = "MAR-INF/MANIFEST.json"
VERSION_DIGITS = 12
UNVERSIONED = "0"  # until the content is known
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip file can store


def build_archive(
    checkpoint_path: Path,
    end_label: EndLabel | None,
    output: Path,
    backend: Backend = Backend.TORCH,
    int8: Path | None = None,
    model_config: Mapping[str, Any] | None = None,
    max_loss: float = MAX_LOSS,
) -> None:
    """Write the archive of the checkpoint at ``checkpoint_path`` to ``output``, whole or not at all.

    Args:
        checkpoint_path: the checkpoint's directory.
        end_label: what the checkpoint's end labels point at, if its configuration does not declare it.
        output: the archive. An older one stays as it was if this fails.
        backend: for OpenVINO, the archive contains a graph and the weights, so torch can still serve it.
        int8: the question set to calibrate and validate an int8 graph, if there is to be one.
        model_config: the content of model-config.yaml; by default that of this machine's profile.
        max_loss: points of F1 that int8 may lose.

    Raises:
        CheckpointError, SettingsError: the archive could not be served.
        QuantisationError: the int8 graph was not accepted.
    """
    checkpoint = open_checkpoint(checkpoint_path)
    declared = resolve_end_label(checkpoint, end_label)
    weights = load_weights(checkpoint)
    config = read_model_config(Profile.AUTO) if model_config is None else model_config
    settings = read_settings(config.get("handler"))
    if backend is Backend.OPENVINO and (settings.backend is Backend.TORCH or settings.dtype == "float16"):
        raise SettingsError(
            f"model-config.yaml: OpenVINO's graph would never be used with handler.backend {settings.backend} and "
            f"handler.dtype {settings.dtype}: change them, or package with BACKEND=torch."
        )
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".archive-", dir=output.parent) as scratch:
        extra = Path(scratch) / "extra"
        _collect(checkpoint, declared, weights, extra)
        if backend is Backend.OPENVINO:
            from luke_qa.backends.openvino_graph import write_graph  # an optional dependency

            write_graph(checkpoint.config, weights, extra)
            if int8:
                from ops.quantise import quantise  # another optional dependency

                compared = quantise(checkpoint, weights, declared, settings.dtype, int8, extra, max_loss)
                print(f"int8: F1 {compared.before:.1f} -> {compared.after:.1f} on {compared.questions} questions.")
        content = _lay_out(extra, config, Path(scratch))
        partial = Path(scratch) / output.name
        _zip(content, partial)
        partial.replace(output)


def resolve_end_label(checkpoint: Checkpoint, given: EndLabel | None) -> EndLabel:
    """The end label of a checkpoint: the one given, the one it declares, or the known one of the model card's.

    Raises:
        CheckpointError: there is none.
    """
    if given is not None:
        return given
    if checkpoint.end_label is None and locked_repo(checkpoint.path) == CARD_REPO:
        return EndLabel.EXCLUSIVE  # as in the decoding on its model card and in its author's training script
    return checkpoint.require_end_label()


def _collect(checkpoint: Checkpoint, end_label: EndLabel, weights: Mapping[str, torch.Tensor], extra: Path) -> None:
    """Collect code, configuration, tokenizer and weights in the new directory ``extra``.

    An archive has safetensors only: a pickle is read once, here, and by no server.
    """
    shutil.copytree(HANDLER / "luke_qa", extra / "luke_qa", ignore=shutil.ignore_patterns("__pycache__"))
    fields = json.loads((checkpoint.path / CONFIG_FILE).read_text("utf-8"))
    fields[METADATA_KEY] = {**fields.get(METADATA_KEY, {}), "end_label": end_label}
    (extra / CONFIG_FILE).write_text(json.dumps(fields, indent=2, sort_keys=True), "utf-8")
    # Links with plain names: the archiver splits paths at commas and expands wildcards in them.
    (extra / checkpoint.tokenizer_file.name).symlink_to(checkpoint.tokenizer_file.resolve())
    if checkpoint.weights_file.name == SAFETENSORS_FILE:
        (extra / SAFETENSORS_FILE).symlink_to(checkpoint.weights_file.resolve())
    else:
        save_file({name: tensor.contiguous() for name, tensor in weights.items()}, extra / SAFETENSORS_FILE)


def _lay_out(extra: Path, config: Mapping[str, Any], scratch: Path) -> Path:
    """Run torch-model-archiver; return the directory with the archive's content."""
    config_file = scratch / MODEL_CONFIG.name
    config_file.write_text(yaml.safe_dump(dict(config), sort_keys=False), "utf-8")
    temporary = scratch / "tmp"  # private: the archiver deletes $TMPDIR/<model name>
    temporary.mkdir()
    subprocess.run(
        [
            Path(sys.executable).parent / "torch-model-archiver",
            *("--model-name", MODEL_NAME),
            *("--version", UNVERSIONED),
            *("--handler", HANDLER / "luke_qa_handler.py"),
            *("--extra-files", extra.name),
            *("--config-file", config_file.resolve()),
            *("--archive-format", "no-archive"),
            *("--export-path", "."),
        ],
        check=True,
        cwd=scratch,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
    )
    return scratch / MODEL_NAME


def archive_version(archive: Path) -> str:
    """Return the version of an archive: a digest of its content."""
    with zipfile.ZipFile(archive) as content:
        return str(json.loads(content.read(MANIFEST))["model"]["modelVersion"])


def _content_digest(content: Path) -> str:
    """Return a short digest of everything but the manifest."""
    digest = hashlib.sha256()
    for file in sorted(path for path in content.rglob("*") if path.is_file()):
        if (name := file.relative_to(content).as_posix()) != MANIFEST:
            digest.update(f"{name}\0{sha256(file)}\n".encode())
    return digest.hexdigest()[:VERSION_DIGITS]


def _zip(content: Path, output: Path) -> None:
    version = _content_digest(content)
    with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(path for path in content.rglob("*") if path.is_file()):
            name = file.relative_to(content).as_posix()
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            if name == MANIFEST:
                manifest = {**json.loads(file.read_text("utf-8")), "createdOn": "01/01/1980 00:00:00"}
                manifest["model"]["modelVersion"] = version
                archive.writestr(entry, json.dumps(manifest, indent=2, sort_keys=True))
                continue
            with file.open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target, 1 << 20)
