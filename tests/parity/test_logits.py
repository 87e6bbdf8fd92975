import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from luke_qa.backends.base import Logits
from luke_qa.backends.torch_model import LukeModel
from luke_qa.batching import plan_batches
from luke_qa.checkpoint import open_checkpoint
from luke_qa.tokenizer import IntArray
from tests.support.checkpoints import (
    REAL,
    SHARED_TOKENIZER,
    TINY_MAX_TOKENS,
    edit_config,
    edit_weights,
    write_checkpoint,
)

TOLERANCE = 2e-5


@pytest.fixture(scope="module")
def model(checkpoint: Path) -> LukeModel:
    return LukeModel.load(open_checkpoint(checkpoint), device="cpu")


def random_windows(lengths: Iterable[int], vocab_size: int) -> list[IntArray]:
    """Any ids but 0 and 1: text has no padding, and transformers derives positions from where it is."""
    rng = np.random.default_rng(3)
    return [rng.integers(2, vocab_size, length) for length in lengths]


@torch.inference_mode()
def reference_logits(reference: Any, ids: IntArray) -> Logits:
    output = reference(input_ids=torch.from_numpy(ids)[None])
    return Logits(output.start_logits[0].numpy(), output.end_logits[0].numpy())


def worst_difference(reference: Any, windows: Sequence[IntArray], logits: Sequence[Logits]) -> float:
    worst = 0.0
    for ids, ours in zip(windows, logits, strict=True):
        theirs = reference_logits(reference, ids)
        assert ours.start.shape == theirs.start.shape == ours.end.shape
        worst = max(worst, np.abs(ours.start - theirs.start).max(), np.abs(ours.end - theirs.end).max())
    return worst


def test_a_window_of_any_length_has_the_logits_of_transformers(model: LukeModel, reference_model: Any) -> None:
    windows = random_windows(range(1, TINY_MAX_TOKENS + 1), model.config.vocab_size)
    logits = [model.logits([ids])[0] for ids in windows]
    assert worst_difference(reference_model, windows, logits) <= TOLERANCE


@pytest.mark.parametrize("token_budget", [1, 100, 300, 100_000])
def test_the_company_of_other_windows_changes_nothing(
    model: LukeModel, reference_model: Any, token_budget: int
) -> None:
    lengths = [*range(1, TINY_MAX_TOKENS, 7), *[5] * 3, *[60] * 4, TINY_MAX_TOKENS, 2, 90]
    random.Random(4).shuffle(lengths)
    windows = random_windows(lengths, model.config.vocab_size)
    logits: dict[int, Logits] = {}
    for batch in plan_batches(lengths, token_budget):
        logits |= zip(batch, model.logits([windows[i] for i in batch]), strict=True)
    assert worst_difference(reference_model, windows, [logits[i] for i in range(len(windows))]) <= TOLERANCE


def test_an_unsorted_batch_keeps_its_order(model: LukeModel, reference_model: Any) -> None:
    windows = random_windows([9, 40, 9, 1, 128, 40, 40, 2], model.config.vocab_size)
    assert worst_difference(reference_model, windows, model.logits(windows)) <= TOLERANCE


def test_the_reference_is_not_flat(model: LukeModel, reference_model: Any) -> None:
    """Parity of logits that are all alike would show nothing."""
    (window,) = random_windows([100], model.config.vocab_size)
    assert reference_logits(reference_model, window).start.std() > 0.1


def test_the_entity_side_is_never_read(own_checkpoint: Path, model: LukeModel) -> None:
    def drop_entities(tensors: dict[str, torch.Tensor]) -> None:
        for name in [n for n in tensors if "entity" in n or any(q in n for q in ("w2e", "e2w", "e2e"))]:
            del tensors[name]

    before = sum(1 for _ in own_checkpoint.iterdir())
    edit_weights(own_checkpoint, drop_entities)
    (own_checkpoint / "entity_vocab.json").unlink()
    assert sum(1 for _ in own_checkpoint.iterdir()) == before - 1
    without = LukeModel.load(open_checkpoint(own_checkpoint), device="cpu")
    windows = random_windows([30, 12], model.config.vocab_size)
    for ours, expected in zip(without.logits(windows), model.logits(windows), strict=True):
        assert np.array_equal(ours.start, expected.start)
        assert np.array_equal(ours.end, expected.end)


def test_entity_aware_attention_makes_no_difference_to_words(own_checkpoint: Path, reference_model: Any) -> None:
    edit_config(own_checkpoint, use_entity_aware_attention=False)
    model = LukeModel.load(open_checkpoint(own_checkpoint), device="cpu")
    windows = random_windows([30, 12], model.config.vocab_size)
    assert worst_difference(reference_model, windows, model.logits(windows)) <= TOLERANCE


@pytest.mark.slow
@pytest.mark.skipif(not SHARED_TOKENIZER.is_file(), reason="no tokenizer of the real size is here")
def test_a_random_checkpoint_of_the_real_configuration_has_the_logits_of_transformers(tmp_path: Path) -> None:
    torch.set_num_threads(2)
    try:
        path = write_checkpoint(tmp_path / "real", REAL, SHARED_TOKENIZER)
        opened = open_checkpoint(path)
        assert opened.config.vocab_size == 32772
        reference = transformers.LukeForQuestionAnswering.from_pretrained(path).eval()
        model = LukeModel.load(opened, device="cpu")
        windows = random_windows([1, 2, 17, 64, 128, 200, 200, 384, 512], opened.config.vocab_size)
        alone = [model.logits([ids])[0] for ids in windows]
        together = model.logits(windows)
        assert worst_difference(reference, windows, alone) <= TOLERANCE
        assert worst_difference(reference, windows, together) <= TOLERANCE
    finally:
        torch.set_num_threads(1)
