"""One step of a pretraining run."""

from pathlib import Path

import pytest
import torch

from training.examples.examples import Example
from training.network.initialise import structured
from training.network.network import Network, NetworkConfig
from training.pretraining import attention
from training.pretraining.batches import Batch, BatchShape, collate
from training.pretraining.losses import batch_losses
from training.pretraining.pretrain import shard_count
from training.pretraining.run_state import RunningMean
from training.pretraining.trainer import Settings, Trainer

CONFIG = NetworkConfig(vocab_size=60, hidden=32, heads=4, layers=2, intermediate=48, positions=64, dropout=0.0)


def batch(seed: int) -> Batch:
    rng = torch.Generator().manual_seed(seed)
    examples = [
        Example(torch.randint(4, 57, (20,), generator=rng).numpy().astype("uint16"), 5 + row, 8 + row, True)
        for row in range(3)
    ]
    return collate([[example] for example in examples], BatchShape(3, 20, per_row=1), 57, 0.2, seed)


def trainer(network: Network, shards: int, tmp_path: Path) -> Trainer:
    settings = Settings(
        rate=1e-3,
        warmup=1,
        attention="plain",
        compiled=False,
        evaluate_every=1e9,
        save_every=1e9,
        report_every=1e9,
        deadline=1e9,
        shards=shards,
    )
    return Trainer(network, RunningMean(network, 0.9), settings, torch.device("cpu"), tmp_path, tmp_path, tmp_path)


@pytest.fixture
def network() -> Network:
    torch.manual_seed(1)
    made = Network(CONFIG)
    structured(made)
    return made


@pytest.mark.parametrize("shards", [1, 2])
def test_the_gradients_of_a_step_are_the_mean_of_its_batches(network: Network, shards: int, tmp_path: Path) -> None:
    batches = [batch(seed) for seed in range(shards)]
    expected = list[torch.Tensor]()
    for each in batches:
        with torch.autocast("cpu", torch.bfloat16):
            span, masked = batch_losses(network, each, attention.plain(each))
        gradients = torch.autograd.grad(span + 0.5 * masked, list(network.parameters()))
        sums = expected or [torch.zeros_like(gradient) for gradient in gradients]
        expected = [a + b / shards for a, b in zip(sums, gradients, strict=True)]
    trainer(network, shards, tmp_path)._backward(
        batches, lambda each: batch_losses(network, each, attention.plain(each))
    )
    for parameter, gradient in zip(network.parameters(), expected, strict=True):
        assert parameter.grad is not None
        torch.testing.assert_close(parameter.grad, gradient, rtol=0.02, atol=1e-4)


@pytest.mark.parametrize(
    ("rows", "threads", "count"), [(8, 1, 1), (8, 2, 2), (8, 3, 2), (8, 16, 8), (10, 4, 2), (7, 2, 1), (1, 4, 1)]
)
def test_a_batch_is_cut_into_equal_parts(rows: int, threads: int, count: int) -> None:
    assert shard_count(rows, threads) == count
