"""The mixture of sources, and the stream of batches.

Batch i is a pure function of the data, the seed, i and the progress.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch.utils.data import Dataset

from training.examples.examples import MAX_TOKENS, Example, Source
from training.pretraining.batches import Batch, BatchShape, by_length, collate, example_rng, pack


@dataclass(frozen=True, slots=True)
class Mixture:
    """Weights of the sources, and how examples become harder.

    The weights are ``early`` until ``turn``, then move linearly to ``late``, which they reach at ``settled``. Examples
    move from short answerable contexts to all lengths and kinds between ``opening`` and ``open``.
    """

    early: Mapping[str, float]
    late: Mapping[str, float]
    turn: float = 0.35
    settled: float = 0.72
    opening: float = 0.15
    open: float = 0.75

    def at(self, progress: float) -> dict[str, float]:
        share = min(1.0, max(0.0, (progress - self.turn) / (self.settled - self.turn)))
        return {
            name: (1 - share) * self.early.get(name, 0.0) + share * self.late.get(name, 0.0)
            for name in sorted({*self.early, *self.late})
        }

    def reach(self, progress: float) -> float:
        """Return the ``reach`` for ``Source.draw``."""
        return min(1.0, max(0.0, (progress - self.opening) / (self.open - self.opening)))


PRETRAINING = Mixture(
    early={
        "articles": 0.40,
        "contexts": 0.18,
        "books": 0.06,
        "sentences": 0.03,
        "everyday": 0.15,
        "human": 0.18,
    },
    late={
        "articles": 0.09,
        "contexts": 0.07,
        "books": 0.02,
        "sentences": 0.02,
        "everyday": 0.28,
        "human": 0.52,
    },
    turn=0.30,
    settled=0.70,
    opening=0.08,
    open=0.50,
)
"""For a run from random weights."""

CONTINUATION = Mixture(
    early={
        "articles": 0.24,
        "contexts": 0.12,
        "books": 0.05,
        "sentences": 0.05,
        "everyday": 0.22,
        "human": 0.32,
    },
    late={
        "articles": 0.08,
        "contexts": 0.06,
        "books": 0.02,
        "sentences": 0.02,
        "everyday": 0.32,
        "human": 0.50,
    },
    turn=0.2,
    settled=0.7,
    opening=-0.5,
    open=0.2,
)
"""For a run from an earlier run's weights: all lengths and kinds come early."""


class BatchStream(Dataset[Batch]):
    """Batches by index.

    ``progress`` returns the share of the run that is done, in [0, 1], for the number of a batch. With ``pool`` 1, every
    batch is packed rows of one shape. With a larger ``pool``, that many batches are made together, each of examples of
    similar length, one per row. A worker process makes a pool when one of its batches is first requested, so use a
    single worker.
    """

    def __init__(
        self,
        sources: Mapping[str, Source],
        mixture: Mixture,
        shape: BatchShape,
        mask_id: int,
        mask_share: float,
        seed: int,
        progress: Callable[[int], float],
        pool: int = 1,
    ) -> None:
        self._sources, self._mixture, self._shape = sources, mixture, shape
        self._mask_id, self._mask_share, self._seed = mask_id, mask_share, seed
        self._progress, self._pool = progress, pool
        self._made: tuple[int, list[list[Example]]] = (-1, [])

    def __getitem__(self, index: int) -> Batch:
        seed = example_rng(self._seed, index).getrandbits(32)
        if self._pool > 1:
            batch = self._pooled(index)
            shape = BatchShape(len(batch), max(len(example.ids) for example in batch), per_row=1)
            return collate([[example] for example in batch], shape, self._mask_id, self._mask_share, seed)
        goal = self._shape.tokens - self._shape.rows * (MAX_TOKENS // 64)  # a target that nearly all examples fit
        examples = self._examples(index, goal, self._shape.segments - 1, example_rng(self._seed, index))
        return collate(pack(examples, self._shape), self._shape, self._mask_id, self._mask_share, seed)

    def _pooled(self, index: int) -> list[Example]:
        number, place = divmod(index, self._pool)
        if self._made[0] != number:
            rng = example_rng(self._seed, -1 - number)
            goal = self._shape.tokens * self._pool
            examples = self._examples(number * self._pool, goal, goal, rng)
            self._made = (number, by_length(examples, self._shape.tokens, rng))
        return self._made[1][place]

    def _examples(self, index: int, tokens: int, count: int, rng: random.Random) -> list[Example]:
        """Draw examples of the mixture at batch ``index`` until they reach ``tokens`` tokens or ``count`` examples."""
        progress = self._progress(index)
        weights, reach = self._mixture.at(progress), self._mixture.reach(progress)
        names = [name for name in weights if name in self._sources]
        examples, size = list[Example](), 0
        while size < tokens and len(examples) < count:
            (name,) = rng.choices(names, [weights[name] for name in names])
            examples.append(self._sources[name].draw(rng, reach))
            size += len(examples[-1].ids)
        return examples
