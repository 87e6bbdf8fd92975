"""Group windows into batches, one batch per forward pass."""

from collections.abc import Iterator, Sequence


def plan_batches(lengths: Sequence[int], token_budget: int) -> Iterator[list[int]]:
    """Yield groups of indices into ``lengths``, each of at most ``token_budget`` tokens (a longer window goes alone).

    Longest first, so windows of similar length come together: the forward pass treats a run of equal lengths as
    one block, and memory peaks in the first batch rather than the last.
    """
    batch: list[int] = []
    tokens = 0
    for index in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if batch and tokens + lengths[index] > token_budget:
            yield batch
            batch, tokens = [], 0
        batch.append(index)
        tokens += lengths[index]
    if batch:
        yield batch
