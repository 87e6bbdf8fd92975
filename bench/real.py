"""Write a checkpoint of full size and layout, with random weights: ``python -m bench.real DIRECTORY``."""

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import sentencepiece
from transformers import MLukeTokenizer

from bench.reference import build
from luke_qa.checkpoint import CONFIG_FILE, EXTRA_TOKENS, METADATA_KEY, TOKENIZER_FILE, ModelConfig
from luke_qa.choices import EndLabel
from ops.layout import ROOT

REAL = ModelConfig(32772, 768, 12, 12, 3072, 514, 1, 1e-5)
ENTITIES = {"[MASK]": 0, "[UNK]": 1, "[PAD]": 2, "[MASK2]": 3}
# A tokenizer with 32,768 pieces, like the full-size checkpoint's; not in the repository.
FULL_TOKENIZER = ROOT.parent / "shared" / "golden" / TOKENIZER_FILE
EMBEDDED_TOKENIZER = ROOT / "checkpoints" / "embedded" / TOKENIZER_FILE


def write_checkpoint(directory: Path, config: ModelConfig, tokenizer_file: Path) -> None:
    """Write a checkpoint that transformers opens, with a vocabulary of the tokenizer's size."""
    directory.mkdir(parents=True)
    shutil.copyfile(tokenizer_file, directory / TOKENIZER_FILE)
    entities = directory / "entity_vocab.json"
    entities.write_text(json.dumps(ENTITIES), "utf-8")
    MLukeTokenizer(str(tokenizer_file), str(entities)).save_pretrained(directory)
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer_file)).get_piece_size()
    build(replace(config, vocab_size=pieces + EXTRA_TOKENS), seed=1).save_pretrained(directory)
    fields = json.loads((directory / CONFIG_FILE).read_text("utf-8"))
    fields[METADATA_KEY] = {"end_label": EndLabel.EXCLUSIVE}
    (directory / CONFIG_FILE).write_text(json.dumps(fields), "utf-8")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    if not target.exists():
        write_checkpoint(target, REAL, FULL_TOKENIZER if FULL_TOKENIZER.exists() else EMBEDDED_TOKENIZER)
