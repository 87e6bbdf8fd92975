"""From a network to a checkpoint that serves."""

from pathlib import Path

import numpy as np
import sentencepiece
import torch
from torch import Tensor
from torch.nn import functional

from luke_qa.checkpoint import EXTRA_TOKENS, EndLabel, open_checkpoint
from luke_qa.model import LukeModel
from tests.support.checkpoints import TOKENIZER_FILE
from training.export import write_checkpoint
from training.initialise import default, structured
from training.network import Network, NetworkConfig

PIECES = sentencepiece.SentencePieceProcessor(model_file=str(TOKENIZER_FILE)).get_piece_size()
CONFIG = NetworkConfig(PIECES + EXTRA_TOKENS, hidden=64, heads=4, layers=2, intermediate=96, positions=130)


def whole(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return functional.scaled_dot_product_attention(q, k, v)


def logits(network: Network, ids: Tensor) -> Tensor:
    """[tokens, 2], for one window."""
    with torch.inference_mode():
        hidden = network.encode(ids[None], torch.arange(2, len(ids) + 2)[None], whole)
        both: Tensor = network.span(hidden[0])
        return both


def test_an_exported_checkpoint_serves_the_networks_logits(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = Network(CONFIG).eval()
    structured(network)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(parameter.half().float())  # as the file stores it
    write_checkpoint(network.state_dict(), CONFIG, TOKENIZER_FILE, tmp_path / "checkpoint")
    checkpoint = open_checkpoint(tmp_path / "checkpoint")
    assert checkpoint.require_end_label() is EndLabel.EXCLUSIVE
    ids = torch.from_numpy(np.random.default_rng(1).integers(4, PIECES, 100))
    (served,) = LukeModel.load(checkpoint, device="cpu").logits([ids.numpy()])
    expected = logits(network, ids).numpy()
    assert np.abs(np.stack((served.start, served.end), 1) - expected).max() < 2e-5


def attention_to_the_equal_token(network: Network) -> float:
    """How much of a matching head's attention, in the first layer, a token's own repetition gets."""
    ids = torch.arange(10, 74)
    ids[50] = ids[7]
    seen = []

    def watch(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        scores = (q @ k.transpose(-1, -2)) * q.shape[-1] ** -0.5
        seen.append(scores.softmax(-1))
        return whole(q, k, v)

    with torch.inference_mode():
        network.encode(ids[None], torch.arange(2, len(ids) + 2)[None], watch)
    return float(seen[0][0, :-1, 50, 7].mean())


def test_structured_initialisation_finds_equal_tokens_before_any_training() -> None:
    torch.manual_seed(0)
    network = Network(NetworkConfig(PIECES + EXTRA_TOKENS, layers=1)).eval()
    structured(network)
    found = attention_to_the_equal_token(network)
    default(network)
    assert found > 0.2
    assert attention_to_the_equal_token(network) < 0.05
