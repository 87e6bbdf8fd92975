"""A checkpoint with random weights, as the benchmark writes it."""

from dataclasses import replace
from pathlib import Path

from bench.real import EMBEDDED_TOKENIZER, REAL, write_checkpoint
from luke_qa.checkpoint import load_weights, open_checkpoint
from luke_qa.choices import EndLabel
from tests.support.checkpoints import REAL as REAL_FIELDS


def test_it_can_be_served(tmp_path: Path) -> None:
    small = replace(REAL, hidden_size=32, num_hidden_layers=1, num_attention_heads=4, intermediate_size=48)
    write_checkpoint(tmp_path / "random", small, EMBEDDED_TOKENIZER)
    checkpoint = open_checkpoint(tmp_path / "random")
    assert checkpoint.config == replace(small, vocab_size=checkpoint.config.vocab_size)
    assert checkpoint.end_label is EndLabel.EXCLUSIVE
    assert load_weights(checkpoint)


def test_it_has_the_real_size() -> None:
    for name, value in REAL_FIELDS.items():
        assert getattr(REAL, name, value) == value
