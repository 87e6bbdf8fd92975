"""Encode packed texts as token ids with the serving tokenizer, once per run, on all cores."""

import hashlib
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import numpy.typing as npt
import sentencepiece

from luke_qa.tokenizer import FAIRSEQ_OFFSET, UNKNOWN, WORD_BORDER, Tokenizer
from training.data.store import PackedText

Ids = npt.NDArray[np.uint16]


class Encoder:
    """Convert raw text to model ids.

    Takes a fast path if the pieces spell the text exactly, otherwise the serving tokenizer.
    """

    def __init__(self, model: Path) -> None:
        self._processor = sentencepiece.SentencePieceProcessor(model_file=str(model))
        self.tokenizer = Tokenizer(self._processor)
        count = self._processor.get_piece_size()
        self._lengths = np.array([len(self._processor.id_to_piece(i)) for i in range(count)], np.int32)
        self.pieces = count
        self.mask_id = count + FAIRSEQ_OFFSET
        self.vocab_size = count + 4  # <mask>, <ent>, <ent2>, and ids shifted by one

    def ids(self, text: str) -> Ids:
        """Return the model ids of ``text`` [tokens], without special tokens."""
        raw = np.array(self._processor.encode(text), np.int32)
        return np.where(raw == 0, UNKNOWN, raw + FAIRSEQ_OFFSET).astype(np.uint16)

    def separator(self) -> Ids:
        """Return the single whitespace token that separates two texts."""
        return np.array([self._processor.piece_to_id(WORD_BORDER) + FAIRSEQ_OFFSET], np.uint16)

    def heading(self, title: str) -> Ids:
        """Encode ``title [SEP] ``, with which some contexts begin."""
        return np.concatenate((self.ids(title + " [SEP]"), self.separator()))

    def located(self, text: str) -> tuple[Ids, npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Return ids, starts and ends [tokens] of ``text``; offsets count code points."""
        raw = np.array(self._processor.encode(text), np.int32)
        ends = np.cumsum(self._lengths[raw])
        if len(raw) and not (raw == 0).any() and ends[-1] == len(text):
            ids = (raw + FAIRSEQ_OFFSET).astype(np.uint16)
            return ids, (ends - self._lengths[raw]).astype(np.int32), ends.astype(np.int32)
        slow = self.tokenizer.tokenize(text)
        return (
            slow.ids.astype(np.uint16),
            slow.starts.astype(np.int32),
            slow.ends.astype(np.int32),
        )


@dataclass(frozen=True, slots=True)
class EncodedText:
    """Token ids of a packed text.

    ids [tokens]; starts, ends [tokens]: code points in the whole text; first, last [sentences]: the tokens
    [first, last) of each sentence.
    """

    ids: Ids
    starts: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int32]
    first: npt.NDArray[np.int32]
    last: npt.NDArray[np.int32]


_encoder: Encoder | None = None


def _start(model: Path) -> None:
    global _encoder
    _encoder = Encoder(model)


def _encode(
    job: tuple[list[str], list[int]],
) -> tuple[Ids, npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    assert _encoder is not None
    ids, starts, ends = [], [], []
    for text, origin in zip(*job, strict=True):
        found = _encoder.located(text)
        ids.append(found[0])
        starts.append(found[1] + origin)
        ends.append(found[2] + origin)
    return np.concatenate(ids), np.concatenate(starts), np.concatenate(ends)


def encode(packed: PackedText, model: Path, processes: int) -> EncodedText:
    """Encode every paragraph of ``packed``."""
    count, step = len(packed.char_of) - 1, 500
    jobs = [
        (
            [packed.paragraph(p) for p in range(start, min(start + step, count))],
            packed.char_of[start : min(start + step, count)].tolist(),
        )
        for start in range(0, count, step)
    ]
    with get_context("fork").Pool(processes, _start, (model,)) as pool:
        parts = pool.map(_encode, jobs, chunksize=4)
    ids, starts, ends = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    origin = np.repeat(packed.char_of[:-1], np.diff(packed.sentence_of))
    first = np.searchsorted(starts, origin + packed.sentence_start).astype(np.int32)
    last = np.searchsorted(starts, origin + packed.sentence_end).astype(np.int32)
    return EncodedText(ids, starts, ends, first, last)


def cached(path: Path, packed: PackedText, model: Path, processes: int, folder: Path) -> EncodedText:
    """Encode ``packed``, which was read from ``path``, or load the result that an earlier run stored in ``folder``."""
    digest = hashlib.blake2b(path.read_bytes() + model.read_bytes(), digest_size=8).hexdigest()
    cache = folder / f"{path.name.partition('.')[0]}-{digest}.npz"
    if not cache.exists():
        done = encode(packed, model, processes)
        temporary = cache.with_name("new-" + cache.name)
        np.savez(
            temporary,
            ids=done.ids,
            starts=done.starts,
            ends=done.ends,
            first=done.first,
            last=done.last,
        )
        temporary.replace(cache)
        return done
    with np.load(cache) as arrays:
        return EncodedText(*(arrays[name] for name in ("ids", "starts", "ends", "first", "last")))
