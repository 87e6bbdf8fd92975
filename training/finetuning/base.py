"""The model to fine-tune, and the checkpoint directory to write."""

import json
import shutil
from pathlib import Path

import torch
from huggingface_hub import HfApi, snapshot_download
from transformers import LukeForQuestionAnswering

from luke_qa.checkpoint import CONFIG_FILE, METADATA_KEY, TOKENIZER_FILE, WEIGHTS_FILES, open_checkpoint
from luke_qa.choices import EndLabel

# The tokenizer model, and the files that transformers needs to open it.
_TOKENIZER_FILES = (
    TOKENIZER_FILE,
    "entity_vocab.json",
    "special_tokens_map.json",
    "tokenizer_config.json",
    "added_tokens.json",
)


def locate(base: str) -> Path:
    """Return the directory ``base``; if there is none, download the Hugging Face hub repository of that name.

    Raises:
        CheckpointError: it is not a LUKE of this layout.
        OSError: the hub cannot be reached.
    """
    path = Path(base)
    if not path.is_dir():
        names = HfApi().list_repo_files(base)
        weights = [name for name in WEIGHTS_FILES if name in names][:1]
        path = Path(snapshot_download(base, allow_patterns=[CONFIG_FILE, *_TOKENIZER_FILES, *weights]))
    open_checkpoint(path)
    return path


def load_model(base: Path) -> LukeForQuestionAnswering:
    """Load the weights at ``base`` in float32.

    If there is no span head, as in a LUKE that was only pretrained, it is initialised at random.
    """
    model: LukeForQuestionAnswering = LukeForQuestionAnswering.from_pretrained(base, dtype=torch.float32)
    return model


def save_checkpoint(model: LukeForQuestionAnswering, base: Path, out: Path) -> None:
    """Write ``model`` with the tokenizer of ``base`` to ``out``, in the layout that the server loads."""
    model.save_pretrained(out)
    for name in _TOKENIZER_FILES:
        if (base / name).is_file():
            shutil.copyfile(base / name, out / name)
    file = out / CONFIG_FILE
    # Drop what was fitted to the base's scores: temperature, phrase weight, thresholds and the like.
    fields = json.loads(file.read_text("utf-8")) | {METADATA_KEY: {"end_label": EndLabel.EXCLUSIVE}}
    file.write_text(json.dumps(fields, ensure_ascii=False, indent=2) + "\n", "utf-8")
