"""What is read for a question, before any window of it is made: so its cost is known first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from luke_qa.documents import Documents
from luke_qa.query import Windows
from luke_qa.shortlist import Scores, Shortlist, rank_windows
from luke_qa.tokenizer import IntArray
from luke_qa.windows import Cut, Window


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The windows of question number ``question``: ``cuts`` of the documents read, and the shortlist (None: all)."""

    question: int
    cuts: tuple[Cut, ...]
    shortlist: Shortlist | None = None

    @property
    def windows_read(self) -> Windows:
        """How many are read, of how many."""
        of = sum(map(len, self.cuts))
        return Windows(of if self.shortlist is None else len(self.shortlist.windows), of)

    @property
    def tokens(self) -> int:
        """Tokens of the windows that are read."""
        if self.shortlist is None:
            return sum(cut.total for cut in self.cuts)
        return sum(self.cuts[owner].length(place) for owner, place in self._places(self.shortlist.windows))

    def windows(self, documents: Documents, of_documents: Scores) -> list[Window]:
        """Make the windows that are read. ``of_documents`` are the priors of the documents read, energies."""
        if self.shortlist is None:
            priors = np.repeat(of_documents - of_documents.max(), list(map(len, self.cuts)))
            chosen = np.arange(len(priors))
        else:
            chosen, priors = self.shortlist.windows, self.shortlist.priors
        windows = list[Window]()
        for (owner, place), prior in zip(self._places(chosen), priors.tolist(), strict=True):
            number = documents.read[owner]
            cut, tokens = self.cuts[owner], documents.tokens[number]
            windows.append(cut.window(place, tokens, question=self.question, document=number, prior=prior))
        return windows

    def _places(self, windows: IntArray) -> Iterator[tuple[int, int]]:
        """Yield for each window the index of its cut, and its number there."""
        firsts = np.cumsum([0, *map(len, self.cuts)])
        owners = np.searchsorted(firsts, windows, side="right") - 1
        yield from zip(owners.tolist(), (windows - firsts[owners]).tolist(), strict=True)


def rank_plan(documents: Documents, cuts: Sequence[Cut], question: IntArray, information: Scores) -> Scores:
    """Return float64 [windows]: the rank of every window of the cuts."""
    counts = list(map(len, cuts))
    lengths, titles = documents.lengths, documents.title_lengths
    begins = np.cumsum(lengths) - lengths
    starts = np.concatenate([begin + cut.starts for begin, cut in zip(begins, cuts, strict=True)])
    ends = np.concatenate([begin + cut.ends for begin, cut in zip(begins, cuts, strict=True)])
    parts = [(starts, ends)]
    if titles.any():
        title_ends = lengths.sum() + np.cumsum(titles)
        parts.append((np.repeat(title_ends - titles, counts), np.repeat(title_ends, counts)))
    return rank_windows(question, documents.ids, parts, information)
