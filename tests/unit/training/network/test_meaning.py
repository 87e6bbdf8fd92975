"""Word vectors in the initial embeddings, from a small directory in spaCy's layout."""

from pathlib import Path

import msgpack
import numpy as np
import pytest
import sentencepiece
import torch

from luke_qa.tokenizer import FAIRSEQ_OFFSET
from tests.support.checkpoints import TOKENIZER_FILE
from training.network.initialise import structured
from training.network.meaning import content_embeddings, read_word_vectors, spacy_hash
from training.network.network import Network, NetworkConfig

DIMENSIONS = 12


@pytest.fixture
def pieces() -> list[str]:
    processor = sentencepiece.SentencePieceProcessor(model_file=str(TOKENIZER_FILE))
    return [processor.id_to_piece(i) for i in range(processor.get_piece_size())]


@pytest.fixture
def vocabulary(tmp_path: Path, pieces: list[str]) -> Path:
    words = [piece for piece in pieces if piece.isalpha()][:60]
    vectors = np.random.default_rng(1).normal(size=(60, 20)).astype(np.float32)
    vectors[1] = vectors[0] + 0.1 * vectors[2]  # two words of like meaning
    np.save(tmp_path / "vectors", vectors)
    (tmp_path / "vectors.npy").rename(tmp_path / "vectors")
    rows = {spacy_hash(word): row for row, word in enumerate(words)} | {spacy_hash("語彙外"): -1}
    (tmp_path / "key2row").write_bytes(msgpack.packb(rows))
    return tmp_path


def test_the_hash_is_spacys() -> None:
    """The figure in spaCy's documentation of its string store."""
    assert spacy_hash("coffee") == 3197928453018144401


def test_words_have_their_vectors_and_others_have_none(vocabulary: Path, pieces: list[str]) -> None:
    words = read_word_vectors(vocabulary)
    first = next(piece for piece in pieces if piece.isalpha())
    assert words.get(first) is not None
    assert words.get("語彙外") is None
    assert words.get("どこにもない語") is None


@pytest.mark.parametrize("whitening", [0.0, 0.5, 1.0])
def test_tokens_of_like_meaning_are_near_and_all_have_unit_variance(
    vocabulary: Path, pieces: list[str], whitening: float
) -> None:
    size = len(pieces) + 4
    embeddings, known = content_embeddings(TOKENIZER_FILE, read_word_vectors(vocabulary), size, DIMENSIONS, whitening)
    assert embeddings.shape == (size, DIMENSIONS)
    assert int(known.sum()) == 60
    assert embeddings[known].square().mean() == pytest.approx(1.0, rel=1e-4)
    assert not embeddings[~known].any()
    ids = [pieces.index(piece) + FAIRSEQ_OFFSET for piece in pieces if piece.isalpha()][:3]
    near, far = (torch.cosine_similarity(embeddings[ids[0]], embeddings[ids[other]], dim=0) for other in (1, 2))
    assert near > far


def test_a_network_begins_with_them_where_there_are_any(vocabulary: Path, pieces: list[str]) -> None:
    config = NetworkConfig(len(pieces) + 4, hidden=16, heads=4, layers=1, intermediate=16)
    embeddings, known = content_embeddings(TOKENIZER_FILE, read_word_vectors(vocabulary), config.vocab_size, DIMENSIONS)
    torch.manual_seed(1)
    plain, meant = Network(config), Network(config)
    torch.manual_seed(2)
    structured(plain)
    torch.manual_seed(2)
    structured(meant, (embeddings, known))
    words = meant.words.weight
    ratio = words[known, :DIMENSIONS] / embeddings[known]
    assert torch.allclose(ratio, ratio[0, 0].expand_as(ratio), rtol=1e-3)
    assert torch.equal(words[~known], plain.words.weight[~known])
    assert torch.equal(words[:, DIMENSIONS:], plain.words.weight[:, DIMENSIONS:])
    others = [name for name in plain.state_dict() if name != "words.weight"]
    assert all(torch.equal(plain.state_dict()[name], meant.state_dict()[name]) for name in others)
