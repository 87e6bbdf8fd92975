"""From text to token ids with offsets, straight from sentencepiece.

The ids are those of transformers 4.57's ``MLukeTokenizer`` (later versions give wrong ids for these checkpoints,
without an error). User text is always plain text: ``</s>`` or ``<mask>`` typed into it is not a special token.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sentencepiece
from numpy.typing import NDArray

BOS, PAD, EOS, UNKNOWN = 0, 1, 2, 3
SPECIAL_TOKENS = {BOS: "<s>", PAD: "<pad>", EOS: "</s>", UNKNOWN: "<unk>"}
FAIRSEQ_OFFSET = 1  # sentencepiece id + 1 = model id
WORD_BORDER = "▁"

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class TokenizedText:
    """Token ids of a text, and the position of each token in it.

    ids, starts, ends: int64 [tokens]; token k covers ``text[starts[k]:ends[k]]``, in code points of the text as
    given. A token from a character that NFKC expands covers that whole character.
    """

    ids: IntArray
    starts: IntArray
    ends: IntArray

    def __len__(self) -> int:
        return len(self.ids)


class Tokenizer:
    """The checkpoint's sentencepiece model. Thread-safe.

    information: float64 [vocabulary], how rare each id is in the text that the model was made from, by its own
    logarithms of probabilities: from 0 to 1, the rarest, which unknown text is taken for.
    """

    def __init__(self, processor: sentencepiece.SentencePieceProcessor) -> None:
        self._processor = processor
        self._unknown = processor.unk_id()
        scores = np.array(processor.get_score(list(range(processor.vocab_size()))))
        self.information = np.concatenate((np.zeros(FAIRSEQ_OFFSET), scores / min(scores.min(), -1.0)))
        self.information[UNKNOWN] = 1.0

    @classmethod
    def from_file(cls, path: Path) -> "Tokenizer":
        return cls(sentencepiece.SentencePieceProcessor(model_file=str(path)))

    def tokenize(self, text: str) -> TokenizedText:
        """Return the token ids and code-point offsets of ``text``. No special tokens are added.

        Raises:
            UnicodeEncodeError: ``text`` contains a lone surrogate.
        """
        text.encode()  # sentencepiece's own error for a lone surrogate names no reason
        encoded = self._processor.encode(text, return_type="offset_mapping")
        pieces, normalized = encoded["pieces"], self._processor.normalize(text, with_offsets=True)
        ids = self._model_ids(encoded["ids"])
        if not pieces:
            return TokenizedText(ids, ids, ids)
        # sources[k]: the position in the original from which the k-th normalized character comes.
        sources = np.asarray(normalized[1], dtype=np.int64)
        # The original character ends where the next different source begins.
        source_ends = sources[np.minimum(np.searchsorted(sources, sources, side="right"), len(sources) - 1)]
        if normalized[0].startswith(WORD_BORDER) and sources[0] == sources[1]:
            source_ends[0] = sources[0]  # the dummy prefix does not correspond to anything in the original
        piece_ends = np.cumsum(np.fromiter(map(len, pieces), np.int64, len(pieces)))
        piece_starts = np.concatenate(([0], piece_ends[:-1]))
        return TokenizedText(ids, sources[piece_starts], source_ends[piece_ends - 1])

    def decode(self, ids: IntArray) -> str:
        """Return what ``MLukeTokenizer.decode`` of transformers 4.57 returns, with special tokens spelt out."""
        pieces = [SPECIAL_TOKENS.get(i) or self._processor.id_to_piece(i - FAIRSEQ_OFFSET) for i in ids.tolist()]
        return "".join(pieces).replace(WORD_BORDER, " ").strip()

    def _model_ids(self, ids: list[int]) -> IntArray:
        array = np.asarray(ids, dtype=np.int64)
        return np.where(array == self._unknown, UNKNOWN, array + FAIRSEQ_OFFSET)
