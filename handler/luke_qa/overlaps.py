"""Documents that share text, as the overlapping chunks of one text do.

Two documents overlap if the end of one is the beginning of the other, or one is a part of the other, over at least
``MIN_OVERLAP`` characters. A place in the text that they share is one place, wherever it was read.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from luke_qa.tokenizer import IntArray

# Characters. Less is also shared by texts that have only a phrase in common.
MIN_OVERLAP = 20
# Places at which one document's beginning is looked up in all the others. Only text that repeats itself has more.
MAX_PLACES = 64

_BASE = np.uint64(1_000_003)

Energies = NDArray[np.float64]
Places = tuple[IntArray, IntArray]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Character ``offset`` + i of document ``first`` is character i of document ``second``, as far as both go."""

    first: int
    second: int
    offset: int


def find_overlaps(contexts: Sequence[str], numbers: Iterable[int]) -> tuple[Overlap, ...]:
    """Return the overlaps among the documents ``numbers``, which are distinct texts.

    ``first`` is below ``second``; the offset may be negative.
    """
    long = [number for number in numbers if len(contexts[number]) >= MIN_OVERLAP]
    if len(long) < 2:
        return ()
    by_beginning = defaultdict[str, list[int]](list)
    for number in long:
        by_beginning[contexts[number][:MIN_OVERLAP]].append(number)
    joined = "".join(contexts[number] for number in long)
    starts = np.cumsum([0, *(len(contexts[number]) for number in long)])
    places_left = dict.fromkeys(long, MAX_PLACES)
    longest: dict[tuple[int, int], tuple[int, Overlap]] = {}
    for place in _places_of(joined, list(by_beginning)):
        owner = int(np.searchsorted(starts, place, side="right")) - 1
        container, offset = long[owner], place - int(starts[owner])
        for number in by_beginning.get(joined[place : place + MIN_OVERLAP], ()):
            if number == container or not places_left[number]:
                continue
            places_left[number] -= 1
            shared = contexts[container][offset : offset + len(contexts[number])]
            if len(shared) < MIN_OVERLAP or not contexts[number].startswith(shared):
                continue
            pair = (min(container, number), max(container, number))
            overlap = Overlap(*pair, offset if container < number else -offset)
            longest[pair] = max(longest.get(pair, (0, overlap)), (len(shared), overlap), key=lambda item: item[0])
    return tuple(overlap for _, (_, overlap) in sorted(longest.items()))


def move_shared(source: Energies, source_at: Places, target: Energies, target_at: Places) -> None:
    """Move the energies of the spans that ``source`` shares with ``target`` there, where the higher one counts.

    Both are [tokens, max_answer_len], -inf where there is no span. The places are the starts and ends of their tokens,
    in characters of the same text. A span is shared if the target has one with the same start and end.
    """
    width = source.shape[1]
    first = _index_of(source_at[0], target_at[0])
    last = _index_of(source_at[1], target_at[1])
    rows = np.flatnonzero(first >= 0)
    if not len(rows):
        return
    ends = sliding_window_view(np.concatenate((last, np.full(width - 1, -1))), width)[rows]
    extra = ends - first[rows, None]
    row, column = np.nonzero((ends >= 0) & (extra >= 0) & (extra < width) & np.isfinite(source[rows]))
    place = (first[rows[row]], extra[row, column])
    np.maximum.at(target, place, source[rows[row], column])
    source[rows[row], column] = -np.inf


def _index_of(wanted: IntArray, ordered: IntArray) -> IntArray:
    """Return the index of each of ``wanted`` in ``ordered``, or -1."""
    index = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    return np.where(ordered[index] == wanted, index, -1)


def _places_of(text: str, beginnings: Sequence[str]) -> list[int]:
    """Return where one of ``beginnings``, all ``MIN_OVERLAP`` long, may begin in ``text``: where its hash does."""
    hashes = _hashes(text)
    wanted = np.concatenate([_hashes(beginning) for beginning in beginnings])
    places: list[int] = np.flatnonzero(np.isin(hashes, wanted)).tolist()
    return places


def _hashes(text: str) -> NDArray[np.uint64]:
    """uint64: a polynomial hash of every ``MIN_OVERLAP`` characters of ``text``."""
    characters = np.frombuffer(text.encode("utf-32-le"), np.uint32).astype(np.uint64)
    count = len(characters) - MIN_OVERLAP + 1
    hashes = np.zeros(count, np.uint64)
    for shift in range(MIN_OVERLAP):
        hashes = hashes * _BASE + characters[shift : shift + count]  # modulo 2^64, on purpose
    return hashes
