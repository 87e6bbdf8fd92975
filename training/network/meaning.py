"""Word vectors for the tokens of a vocabulary: similar words begin near each other.

The vectors are chiVe's (Works Applications, Apache-2.0), as the wheel ``ja-ginza`` carries them in spaCy's layout:
``vocab/vectors`` (npy) and ``vocab/key2row`` (msgpack), keyed by spaCy's 64-bit hashes of the words. Nothing else of
that wheel is used.
"""

from dataclasses import dataclass
from pathlib import Path

import msgpack
import numpy as np
import sentencepiece
import torch
from numpy.typing import NDArray
from torch import Tensor

from luke_qa.tokenizer import FAIRSEQ_OFFSET, WORD_BORDER

_MASK = (1 << 64) - 1


@dataclass(frozen=True, slots=True, eq=False)
class WordVectors:
    """float32 [rows, dimensions], and the row of each word's hash."""

    vectors: NDArray[np.float32]
    rows: dict[int, int]

    def get(self, word: str) -> NDArray[np.float32] | None:
        """Return the vector of ``word``; None if it has none."""
        row = self.rows.get(spacy_hash(word), -1)
        return self.vectors[row] if row >= 0 else None


def read_word_vectors(vocabulary: Path) -> WordVectors:
    """Read the ``vocab`` directory of a spaCy model."""
    rows = msgpack.unpackb((vocabulary / "key2row").read_bytes(), strict_map_key=False)
    return WordVectors(np.load(vocabulary / "vectors").astype(np.float32), rows)


def content_embeddings(
    tokenizer: Path, words: WordVectors, vocab_size: int, dimensions: int, whitening: float = 1.0
) -> tuple[Tensor, Tensor]:
    """Return float32 [vocab, dimensions] of unit variance, and bool [vocab]: which tokens have a meaning.

    The vectors of the tokens are projected onto their principal components. With ``whitening`` 1 every dimension then
    carries as much as any other, as in the random embeddings that they replace; with 0 they keep their scales.
    """
    processor = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer))
    pieces = [processor.id_to_piece(i) for i in range(processor.get_piece_size())]
    found = {i + FAIRSEQ_OFFSET: v for i, piece in enumerate(pieces) if (v := _vector(piece, words)) is not None}
    ids = torch.tensor(sorted(found))
    vectors = torch.from_numpy(np.stack([found[i] for i in sorted(found)]))
    embeddings, known = torch.zeros(vocab_size, dimensions), torch.zeros(vocab_size, dtype=torch.bool)
    embeddings[ids] = _whiten(vectors, dimensions, whitening)
    known[ids] = True
    return embeddings, known


def _vector(piece: str, words: WordVectors) -> NDArray[np.float32] | None:
    word = piece.replace(WORD_BORDER, "")
    vector = words.get(word) if word else None
    return None if vector is None or not np.linalg.norm(vector) else vector / np.linalg.norm(vector)


def _whiten(vectors: Tensor, dimensions: int, whitening: float) -> Tensor:
    """Project onto the first principal components, with unit variance on average."""
    centred = vectors - vectors.mean(0)
    _, scales, directions = torch.linalg.svd(centred, full_matrices=False)
    projected = centred @ directions[:dimensions].T / scales[:dimensions] ** whitening
    scaled: Tensor = projected / projected.square().mean().sqrt()
    return scaled


def spacy_hash(word: str) -> int:
    """Return MurmurHash64A with seed 1, spaCy's key of a string."""
    data, m, r = word.encode(), 0xC6A4A7935BD1E995, 47
    h = (1 ^ (len(data) * m)) & _MASK
    whole = len(data) // 8 * 8
    for start in range(0, whole, 8):
        k = (int.from_bytes(data[start : start + 8], "little") * m) & _MASK
        k = ((k ^ (k >> r)) * m) & _MASK
        h = ((h ^ k) * m) & _MASK
    if tail := data[whole:]:
        h = ((h ^ int.from_bytes(tail, "little")) * m) & _MASK
    h = ((h ^ (h >> r)) * m) & _MASK
    return h ^ (h >> r)
