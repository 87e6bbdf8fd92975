"""The packed corpus: text with its morphological analysis, in a small file that is read without MeCab.

On disk it is an ``.npz`` inside xz. In memory it is flat arrays, which worker processes share without copies.
"""

import io
import lzma
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class PackedText:
    """Documents as flat arrays. Offset arrays have one entry more than there are items.

    - titles[d]: the title of document d.
    - Its paragraphs are paragraph_of[d] to paragraph_of[d + 1].
    - The text of paragraph p is text[char_of[p] : char_of[p + 1]].
    - Its sentences are sentence_of[p] to sentence_of[p + 1], each [sentence_start, sentence_end) from the start of the
      paragraph.
    - The morphemes of sentence s are morpheme_of[s] to morpheme_of[s + 1], each with its start (from the start of the
      sentence), length and class (an index into ``classes``).
    """

    titles: list[str]
    text: str
    classes: list[str]
    paragraph_of: npt.NDArray[np.int32]
    char_of: npt.NDArray[np.int32]
    sentence_of: npt.NDArray[np.int32]
    sentence_start: npt.NDArray[np.int32]
    sentence_end: npt.NDArray[np.int32]
    morpheme_of: npt.NDArray[np.int32]
    morpheme_start: npt.NDArray[np.int32]
    morpheme_length: npt.NDArray[np.uint8]
    morpheme_class: npt.NDArray[np.uint8]

    def paragraph(self, index: int) -> str:
        return self.text[self.char_of[index] : self.char_of[index + 1]]


def save(packed: PackedText, path: Path) -> None:
    """Write ``packed``. Counts are stored instead of offsets because they compress better."""
    gaps = np.diff(packed.morpheme_start, prepend=0)  # negative at a sentence's first morpheme
    gaps[1:] -= packed.morpheme_length[:-1]
    first = packed.morpheme_of[:-1][np.diff(packed.morpheme_of) > 0]
    gaps[first] = packed.morpheme_start[first]
    arrays = {
        "titles": _bytes("\n".join(packed.titles)),
        "text": _bytes(packed.text),
        "classes": _bytes("\n".join(packed.classes)),
        "paragraphs": np.diff(packed.paragraph_of),
        "chars": np.diff(packed.char_of),
        "sentences": np.diff(packed.sentence_of),
        "sentence_start": packed.sentence_start,
        "sentence_end": packed.sentence_end,
        "morphemes": np.diff(packed.morpheme_of).astype(np.uint8),
        "gaps": gaps.astype(np.uint8),
        "lengths": packed.morpheme_length,
        "codes": packed.morpheme_class,
    }
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    path.write_bytes(lzma.compress(buffer.getvalue(), preset=6))


def load(path: Path) -> PackedText:
    """Read what ``save`` wrote."""
    with np.load(io.BytesIO(lzma.decompress(path.read_bytes()))) as arrays:
        morpheme_of = _offsets(arrays["morphemes"])
        lengths, gaps = arrays["lengths"], arrays["gaps"].astype(np.int32)
        # Positions in one long line of gaps and morphemes, then relative to the start of the sentence.
        ends = np.cumsum(gaps + lengths, dtype=np.int64)
        sentence = np.repeat(np.arange(len(morpheme_of) - 1), np.diff(morpheme_of))
        origin = np.concatenate(([0], ends))[morpheme_of[:-1]]
        return PackedText(
            _text(arrays["titles"]).split("\n"),
            _text(arrays["text"]),
            _text(arrays["classes"]).split("\n"),
            _offsets(arrays["paragraphs"]),
            _offsets(arrays["chars"]),
            _offsets(arrays["sentences"]),
            arrays["sentence_start"],
            arrays["sentence_end"],
            morpheme_of,
            (ends - lengths - origin[sentence]).astype(np.int32),
            lengths,
            arrays["codes"],
        )


def _bytes(text: str) -> npt.NDArray[np.uint8]:
    return np.frombuffer(text.encode("utf-8"), np.uint8)


def _text(array: npt.NDArray[np.uint8]) -> str:
    return array.tobytes().decode("utf-8")


def _offsets(counts: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
    return np.concatenate(([0], np.cumsum(counts, dtype=np.int64))).astype(np.int32)
