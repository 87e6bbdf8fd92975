"""What a network can do before its first training step."""

import torch

from training.network.initialise import default, structured
from training.network.network import Network, NetworkConfig

CONFIG = NetworkConfig(vocab_size=400, hidden=64, heads=4, layers=2, intermediate=96, positions=66, dropout=0.0)


def network(initialise: object) -> Network:
    torch.manual_seed(1)
    made = Network(CONFIG)
    assert callable(initialise)
    initialise(made)
    return made.eval()


def first_attention(made: Network, ids: torch.Tensor) -> torch.Tensor:
    """The attention of the first layer [heads, tokens, tokens]."""
    seen = list[torch.Tensor]()

    def attend(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        seen.append((q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).softmax(-1))
        return v

    with torch.no_grad():
        made.encode(ids[None], torch.arange(2, 2 + len(ids))[None], attend)
    return seen[0][0]


def pair() -> torch.Tensor:
    """A question of five words, and a context of forty that repeats them."""
    words = torch.randperm(390, generator=torch.Generator().manual_seed(1))[:45] + 4
    words[20:25] = words[:5]
    return words


def test_equal_words_see_each_other_from_the_start() -> None:
    matched = first_attention(network(structured), pair())[:3, :5, :].mean(0)
    to_same = matched[range(5), range(20, 25)] + matched.diagonal()
    assert float(to_same.mean()) > 0.25
    plain = first_attention(network(default), pair())[:3, :5, :].mean(0)
    assert float((plain[range(5), range(20, 25)] + plain.diagonal()).mean()) < 0.1


def test_the_last_head_looks_around_itself() -> None:
    seen = first_attention(network(structured), pair())[-1]
    favourites = (seen.argmax(-1) - torch.arange(len(seen)))[4:-4].tolist()
    assert max(set(favourites), key=favourites.count) == -1
    assert all(abs(distance) <= 2 for distance in favourites)


def test_the_padding_has_no_embedding_and_the_same_seed_gives_the_same_weights() -> None:
    first, second = network(structured), network(structured)
    assert not first.words.weight[1].any()
    for mine, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(mine, other)
