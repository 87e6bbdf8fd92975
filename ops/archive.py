"""Package a checkpoint, the handler and the model configuration as an archive that TorchServe loads.

The archive is stored, not compressed (weights do not shrink), and the same inputs give the same bytes.
"""

import argparse
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

import yaml

from luke_qa.checkpoint import (
    CONFIG_FILE,
    METADATA_KEY,
    Checkpoint,
    CheckpointError,
    EndLabel,
    load_weights,
    open_checkpoint,
)
from luke_qa.choices import Backend
from luke_qa.settings import SettingsError, read_settings
from ops.errors import QuantisationError
from ops.hub import CARD_REPO
from ops.layout import HANDLER, MODEL_NAME, MODEL_STORE
from ops.lockfile import locked_repo
from ops.profiles import MODEL_CONFIG, Profile, read_model_config, resolve

MAX_LOSS = 0.5  # points of F1 that int8 may cost
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest moment that a zip file can name


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

    ``end_label`` declares what the checkpoint's own configuration does not. For the backend OpenVINO the archive holds
    its graph, too: the weights are there twice, so that it can also be served where OpenVINO is not installed. ``int8``
    is a question set on which a graph in int8 must prove itself: it may cost ``max_loss`` points of F1.
    ``model_config`` is what model-config.yaml will hold; by default, what suits the machine on which this runs.

    Raises:
        CheckpointError, SettingsError: what is packaged could not be served.
        QuantisationError: answers in int8 would not be as good.
    """
    checkpoint = open_checkpoint(checkpoint_path)
    declared = resolve_end_label(checkpoint, end_label)
    weights = load_weights(checkpoint)
    config = read_model_config(Profile.AUTO) if model_config is None else model_config
    settings = read_settings(config.get("handler"))
    if backend is Backend.OPENVINO and (settings.backend is Backend.TORCH or settings.dtype == "float16"):
        raise SettingsError(
            f"model-config.yaml: with handler.backend {settings.backend} and handler.dtype {settings.dtype} "
            "the graph of OpenVINO would never be used."
        )
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".archive-", dir=output.parent) as scratch:
        extra = Path(scratch) / "extra"
        _collect(checkpoint, declared, extra)
        if backend is Backend.OPENVINO:
            from luke_qa.backends.openvino_graph import write_graph  # an extra: not installed everywhere

            write_graph(checkpoint.config, weights, extra)
            if int8:
                from ops.quantise import quantise  # another extra

                compared = quantise(checkpoint, weights, declared, settings.dtype, int8, extra, max_loss)
                print(f"int8: F1 {compared.before:.1f} -> {compared.after:.1f} on {compared.questions} questions.")
        content = _lay_out(extra, config, Path(scratch))
        partial = Path(scratch) / output.name
        _zip(content, partial)
        partial.replace(output)


def resolve_end_label(checkpoint: Checkpoint, given: EndLabel | None) -> EndLabel:
    """The end label that holds: the one given, the one declared, or the card's own, which is known.

    Raises:
        CheckpointError: there is none of them.
    """
    if given is not None:
        return given
    if checkpoint.end_label is None and locked_repo(checkpoint.path) == CARD_REPO:
        return EndLabel.EXCLUSIVE  # as its model card decodes, and as its author's training script labels
    return checkpoint.require_end_label()


def _collect(checkpoint: Checkpoint, end_label: EndLabel, extra: Path) -> None:
    """Put code, configuration, tokenizer and weights into the new directory ``extra``."""
    shutil.copytree(HANDLER / "luke_qa", extra / "luke_qa", ignore=shutil.ignore_patterns("__pycache__"))
    fields = json.loads((checkpoint.path / CONFIG_FILE).read_text("utf-8"))
    fields[METADATA_KEY] = {**fields.get(METADATA_KEY, {}), "end_label": end_label}
    (extra / CONFIG_FILE).write_text(json.dumps(fields, indent=2, sort_keys=True), "utf-8")
    # Linked under a name of our own: the archiver splits paths at commas and expands wildcards in them.
    for file in (checkpoint.tokenizer_file, checkpoint.weights_file):
        (extra / file.name).symlink_to(file.resolve())


def _lay_out(extra: Path, config: Mapping[str, Any], scratch: Path) -> Path:
    """Let torch-model-archiver lay out the archive's content as a directory."""
    config_file = scratch / MODEL_CONFIG.name
    config_file.write_text(yaml.safe_dump(dict(config), sort_keys=False), "utf-8")
    temporary = scratch / "tmp"  # the archiver deletes $TMPDIR/<model name>, whoever's that is
    temporary.mkdir()
    subprocess.run(
        [
            Path(sys.executable).parent / "torch-model-archiver",
            *("--model-name", MODEL_NAME),
            *("--version", "1.0"),
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


def _zip(content: Path, output: Path) -> None:
    with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(path for path in content.rglob("*") if path.is_file()):
            name = file.relative_to(content).as_posix()
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            if name == "MAR-INF/MANIFEST.json":
                manifest = {**json.loads(file.read_text("utf-8")), "createdOn": "01/01/1980 00:00:00"}
                archive.writestr(entry, json.dumps(manifest, indent=2, sort_keys=True))
                continue
            with file.open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target, 1 << 20)


def main() -> int:
    parser = argparse.ArgumentParser(description=build_archive.__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--end-label", choices=list(EndLabel))
    parser.add_argument("--backend", type=Backend, choices=[Backend.TORCH, Backend.OPENVINO], default="torch")
    parser.add_argument(
        "--profile", type=Profile, choices=list(Profile), default=Profile.AUTO, help="batching for what"
    )
    parser.add_argument("--int8", type=Path, help="a question set to quantise and judge by, for the backend openvino")
    parser.add_argument("--output", type=Path, default=MODEL_STORE / f"{MODEL_NAME}.mar")
    arguments = parser.parse_args()
    if arguments.int8 and arguments.backend is not Backend.OPENVINO:
        parser.error("--int8 is for --backend openvino")
    try:
        end_label = EndLabel(arguments.end_label) if arguments.end_label else None
        config = read_model_config(arguments.profile)
        build_archive(arguments.checkpoint, end_label, arguments.output, arguments.backend, arguments.int8, config)
    except (CheckpointError, SettingsError, QuantisationError) as error:
        print(f"No archive was built. {error}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        print(f"No archive was built. {error.name} is not installed (requirements/int8.txt).", file=sys.stderr)
        return 1
    print(f"Packaged {arguments.checkpoint} as {arguments.output}, for a {resolve(arguments.profile).upper()}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
