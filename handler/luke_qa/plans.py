"""What is read for a question, before any window of it is made: so its cost is known first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from luke_qa.documents import Documents
from luke_qa.query import Windows
from luke_qa.shortlist import Scores, Shortlist, rank_windows
from luke_qa.tokenizer import IntArray
from luke_qa.windows import Cut, Window


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The windows of question number ``question``: the ``cut`` of the documents read, and the shortlist (None: all)."""

    question: int
    cut: Cut
    shortlist: Shortlist | None = None

    @property
    def windows_read(self) -> Windows:
        """How many are read, of how many."""
        of = len(self.cut)
        return Windows(of if self.shortlist is None else len(self.shortlist.windows), of)

    @property
    def tokens(self) -> int:
        """Tokens of the windows that are read."""
        if self.shortlist is None:
            return self.cut.total
        _, starts, ends = self.cut.places()
        return sum(map(self.cut.length, (ends - starts)[self.shortlist.windows].tolist()))

    def windows(self, documents: Documents, of_documents: Scores) -> list[Window]:
        """Make the windows that are read. ``of_documents`` are the priors of the documents read, energies."""
        owners, starts, ends = self.cut.places()
        if self.shortlist is None:
            chosen, priors = np.arange(len(owners)), (of_documents - of_documents.max())[owners]
        else:
            chosen, priors = self.shortlist.windows, self.shortlist.priors
        windows = list[Window]()
        for index, prior in zip(chosen.tolist(), priors.tolist(), strict=True):
            number, start, end = documents.read[owners[index]], int(starts[index]), int(ends[index])
            tokens = documents.tokens[number]
            windows.append(self.cut.window(start, end, tokens, question=self.question, document=number, prior=prior))
        return windows


def rank_plan(
    documents: Documents, titles: Sequence[IntArray], cut: Cut, question: IntArray, information: Scores
) -> Scores:
    """Return float64 [windows]: the rank of every window of the cut. ``titles`` are those of the documents read."""
    owners, starts, ends = cut.places()
    begins = (np.cumsum(documents.lengths) - documents.lengths)[owners]
    text, parts = documents.ids, [(begins + starts, begins + ends)]
    lengths = np.array(list(map(len, titles)), np.int64)
    if lengths.any():
        title_ends = len(text) + np.cumsum(lengths)
        parts.append(((title_ends - lengths)[owners], title_ends[owners]))
        text = np.concatenate([text, *titles])
    return rank_windows(question, text, parts, information)
