"""Starting from an earlier run's checkpoint."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.support.checkpoints import TOKENIZER_FILE
from training.data.encoding import Encoder
from training.network.export import write_checkpoint
from training.network.network import Network, NetworkConfig
from training.network.warm_start import start_from


@pytest.fixture(scope="module")
def network() -> Network:
    torch.manual_seed(1)
    size = Encoder(TOKENIZER_FILE).vocab_size
    made = Network(NetworkConfig(size, hidden=32, heads=4, layers=2, intermediate=48, positions=130))
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(parameter.half().float())  # as the file stores it
    return made


@pytest.fixture(scope="module")
def exported(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("exported")
    write_checkpoint(dict(network.state_dict()), network.config, TOKENIZER_FILE, directory)
    return directory


def test_all_weights_are_loaded_except_the_language_model_head(network: Network, exported: Path) -> None:
    torch.manual_seed(2)
    other = Network(network.config)
    before = {name: value.clone() for name, value in other.state_dict().items()}
    start_from(exported, other, TOKENIZER_FILE)
    for name, value in other.state_dict().items():
        source = before if name.startswith(("transform", "vocabulary_bias")) else network.state_dict()
        assert value.equal(source[name]), name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layers": 3}, r"layers\.2\.qkv\.weight has the shape None"),
        ({"layers": 1}, "has more than 1 layers"),
        ({"intermediate": 64}, r"up\.weight has the shape \[48, 32\], not \[64, 32\]"),
    ],
)
def test_other_sizes_are_refused(network: Network, exported: Path, change: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        start_from(exported, Network(replace(network.config, **change)), TOKENIZER_FILE)


def test_another_tokenizer_is_refused(network: Network, exported: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.model"
    other.write_bytes(TOKENIZER_FILE.read_bytes() + b" ")
    with pytest.raises(ValueError, match="different tokenizer"):
        start_from(exported, Network(network.config), other)
