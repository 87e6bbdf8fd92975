"""Morphological analysis with MeCab. Only data preparation needs it, not pretraining or serving.

An analysis is three parallel arrays: where each morpheme starts, its length, and its index in the table of
part-of-speech classes. Whitespace does not belong to any morpheme.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import fugashi
import ipadic
import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Morphemes:
    """starts, lengths and classes: [morphemes]; starts count code points of the analysed text."""

    starts: npt.NDArray[np.int32]
    lengths: npt.NDArray[np.uint8]
    classes: npt.NDArray[np.uint8]


@dataclass(slots=True)
class Analyser:
    """MeCab with the IPA dictionary and a growing table of classes, each ``pos1,pos2,pos3``."""

    classes: dict[str, int] = field(default_factory=dict)
    _tagger: fugashi.GenericTagger = field(default_factory=lambda: fugashi.GenericTagger(ipadic.MECAB_ARGS))

    def words(self, text: str) -> list[str]:
        """Return the surfaces of ``text``, without whitespace."""
        return [node.surface for node in self._tagger(text)]

    def analyse(self, text: str) -> Morphemes:
        """Return the morphemes of ``text``; offsets count from its start."""
        found = list(self._located(text))
        return Morphemes(
            np.array([start for start, _, _ in found], np.int32),
            np.array([length for _, length, _ in found], np.uint8),
            np.array([code for _, _, code in found], np.uint8),
        )

    def _located(self, text: str) -> Iterator[tuple[int, int, int]]:
        position = 0
        for node in self._tagger(text):
            surface, feature = node.surface, node.feature
            start = text.find(surface, position)
            if start < 0:
                continue
            position = start + len(surface)
            name = ",".join(part or "*" for part in _class_parts(feature))
            code = self.classes.setdefault(name, len(self.classes))
            for piece in range(start, position, 255):  # a length is stored in one byte
                yield piece, min(255, position - piece), code


def _class_parts(feature: tuple[str, ...]) -> tuple[str, ...]:
    """Return the parts that question generation uses.

    Nouns keep three levels (person or place, for instance); verbs keep whether they are in their base form.
    """
    if feature[0] in ("動詞", "助動詞", "形容詞"):
        form = feature[5] if feature[5] in ("基本形", "連用形", "連用タ接続") else "*"
        return feature[0], feature[1], form
    return tuple(feature[:3])
