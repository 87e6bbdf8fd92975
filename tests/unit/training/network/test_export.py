"""A trained network as a checkpoint."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from luke_qa.backends.torch_model import LukeModel
from luke_qa.checkpoint import open_checkpoint
from luke_qa.choices import EndLabel
from luke_qa.tokenizer import Tokenizer
from luke_qa.windows import make_windows
from tests.support.checkpoints import TOKENIZER_FILE
from training.data.encoding import Encoder
from training.network.export import write_checkpoint
from training.network.initialise import structured
from training.network.network import Network, NetworkConfig, padded_logits


@pytest.fixture(scope="module")
def network() -> Network:
    torch.manual_seed(1)
    size = Encoder(TOKENIZER_FILE).vocab_size
    made = Network(NetworkConfig(size, hidden=64, heads=4, layers=2, intermediate=96, positions=130))
    structured(made)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(parameter.half().float())  # as the file stores it
    return made.eval()


@pytest.fixture(scope="module")
def exported(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("exported")
    write_checkpoint(dict(network.state_dict()), network.config, TOKENIZER_FILE, directory)
    return directory


def test_the_checkpoint_can_be_served_and_declares_exclusive_ends(exported: Path) -> None:
    checkpoint = open_checkpoint(exported)
    assert checkpoint.require_end_label() is EndLabel.EXCLUSIVE
    assert checkpoint.config.max_tokens == 128


def test_the_server_computes_the_logits_of_the_network(network: Network, exported: Path, tokenizer: Tokenizer) -> None:
    question, context = tokenizer.tokenize("市場はいつできましたか"), tokenizer.tokenize("市場は1921年にできた。")
    (window,) = make_windows(question.ids, context, 128, 0)
    with torch.no_grad():
        expected = padded_logits(network, torch.from_numpy(window.ids)[None])[0].numpy()
    (found,) = LukeModel.load(open_checkpoint(exported), "cpu", "float32").logits([window.ids])
    np.testing.assert_allclose(np.stack((found.start, found.end), 1), expected, atol=2e-5)


def test_transformers_opens_the_checkpoint_without_missing_weights(exported: Path) -> None:
    from transformers import LukeForQuestionAnswering

    _, report = LukeForQuestionAnswering.from_pretrained(exported, output_loading_info=True)
    missing = {name for name in report["missing_keys"] if "e2" not in name and "2e_" not in name}
    assert not missing
    assert not report["mismatched_keys"]


def test_the_tokenizer_files_name_the_tokens_after_the_pieces(network: Network, exported: Path) -> None:
    added = json.loads((exported / "added_tokens.json").read_text("utf-8"))
    size = network.config.vocab_size
    assert added == {"<ent>": size - 2, "<ent2>": size - 1}
    assert (exported / "sentencepiece.bpe.model").read_bytes() == TOKENIZER_FILE.read_bytes()
