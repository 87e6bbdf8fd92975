"""Batches with almost no padding.

Either examples are packed into rows of fixed length, so that every batch has one shape, which suits a GPU; or a
batch contains examples of similar length, one per row, because a CPU is fastest with short rows.
"""

import random
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from luke_qa.tokenizer import PAD
from training.examples.examples import MAX_TOKENS, Example

IGNORED = -100
_FIRST_POSITION = 2  # LUKE counts positions from the padding id + 1


@dataclass(frozen=True, slots=True)
class BatchShape:
    """The shape of a batch: ``rows`` of ``width`` tokens, with at most ``per_row`` examples in each on average."""

    rows: int
    width: int = MAX_TOKENS
    per_row: int = 9

    @property
    def tokens(self) -> int:
        return self.rows * self.width

    @property
    def segments(self) -> int:
        """One more than the maximum number of examples: the last is for padding."""
        return self.rows * self.per_row + 1

    @property
    def masked(self) -> int:
        return self.tokens // 14


Batch = dict[str, torch.Tensor]
"""The tensors of a batch, by name.

- ids, positions, rows [rows, width]: token ids; positions, counted from 2 in each example; the number of the example
  in its row (0: padding).
- segment [tokens]: the example of every token, counted over the batch (the last number: padding).
- starts, ends [segments]: flat positions of the answer's first token and of the token after its last.
- weights [segments]: 1 for an example, 0 for an unused slot.
- masked, labels [masked]: flat positions of masked tokens and their original ids (IGNORED: unused slot).
- borders [segments + rows + 1]: where sequences begin in the flat batch, padded with the total.
"""


def pack(examples: list[Example], shape: BatchShape) -> list[list[Example]]:
    """Pack by best-fit decreasing; return the examples of each row. The few that fit nowhere are dropped."""
    rows: list[list[Example]] = [[] for _ in range(shape.rows)]
    by_room: list[list[int]] = [[] for _ in range(shape.width + 1)]
    by_room[shape.width] = list(range(shape.rows))
    for example in sorted(examples, key=lambda e: -len(e.ids)):
        size = len(example.ids)
        for room in range(size, shape.width + 1):
            if by_room[room]:
                row = by_room[room].pop()
                rows[row].append(example)
                by_room[room - size].append(row)
                break
    return rows


def by_length(examples: list[Example], tokens: int, rng: random.Random) -> list[list[Example]]:
    """Group examples of similar length into batches, in random order.

    A batch has at most ``tokens`` tokens once padded to its longest example.
    """
    batches: list[list[Example]] = [[]]
    for example in sorted(examples, key=lambda e: len(e.ids) + 4 * rng.random(), reverse=True):
        longest = max(len(example.ids), len(batches[-1][0].ids) if batches[-1] else 0)
        if (len(batches[-1]) + 1) * longest > tokens:
            batches.append([])
        batches[-1].append(example)
    rng.shuffle(batches)
    return batches


def collate(rows: list[list[Example]], shape: BatchShape, mask_id: int, mask_share: float, seed: int) -> Batch:
    """Build the batch of packed rows.

    In maskable examples, ``mask_share`` of the tokens are masked as in BERT.
    """
    # int16: batches pass through shared memory, and no number here reaches 32,768
    ids = np.full((shape.rows, shape.width), PAD, np.int16)
    positions = np.full((shape.rows, shape.width), PAD, np.int16)
    numbers = np.zeros((shape.rows, shape.width), np.int16)
    segment = np.full((shape.rows, shape.width), shape.segments - 1, np.int16)
    maskable = np.zeros((shape.rows, shape.width), bool)
    starts, ends = np.zeros(shape.segments, np.int64), np.zeros(shape.segments, np.int64)
    weights = np.zeros(shape.segments, np.float32)
    borders, count = [0], 0
    for r, row in enumerate(rows):
        at = 0
        for number, example in enumerate(row, 1):
            if count == shape.segments - 1:
                break
            end = at + len(example.ids)
            ids[r, at:end] = example.ids
            positions[r, at:end] = np.arange(_FIRST_POSITION, _FIRST_POSITION + len(example.ids))
            numbers[r, at:end] = number
            segment[r, at:end] = count
            flat = r * shape.width + at
            starts[count], ends[count] = flat + example.start, flat + example.end
            weights[count] = 1.0
            if example.maskable:
                maskable[r, at:end] = True
                maskable[r, at + example.start : at + example.end + 1] = False  # never mask the answer
            count += 1
            at = end
            borders.append(flat + len(example.ids))
        if at < shape.width:
            borders.append((r + 1) * shape.width)
    borders += [shape.tokens] * (shape.segments + shape.rows + 1 - len(borders))
    masked, labels = _mask(ids.reshape(-1), maskable.reshape(-1), shape, mask_id, mask_share, seed)
    arrays = {
        "ids": ids,
        "positions": positions,
        "rows": numbers,
        "segment": segment.reshape(-1),
        "starts": starts,
        "ends": ends,
        "weights": weights,
        "masked": masked,
        "labels": labels,
        "borders": np.array(borders, np.int32),
    }
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def _mask(
    ids: npt.NDArray[np.int16],
    maskable: npt.NDArray[np.bool_],
    shape: BatchShape,
    mask_id: int,
    share: float,
    seed: int,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Mask in place: 80 % become <mask>, 10 % another token, 10 % stay unchanged."""
    rng = np.random.default_rng(seed)
    masked = np.zeros(shape.masked, np.int64)
    labels = np.full(shape.masked, IGNORED, np.int64)
    chosen = np.flatnonzero(maskable & (ids > 3) & (rng.random(len(ids)) < share))
    if len(chosen) > shape.masked:
        chosen = rng.choice(chosen, shape.masked, replace=False)
    masked[: len(chosen)], labels[: len(chosen)] = chosen, ids[chosen]
    kind = rng.random(len(chosen))
    ids[chosen[kind < 0.8]] = mask_id
    other = chosen[kind >= 0.9]
    ids[other] = rng.integers(4, mask_id, len(other))
    return masked, labels


def example_rng(seed: int, index: int) -> random.Random:
    """Return the generator of batch ``index``.

    It does not depend on the process that makes the batch or on where the run was resumed.
    """
    return random.Random(f"{seed}-{index}")
