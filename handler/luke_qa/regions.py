"""The parts of a document that were read.

If only some windows of a document were read, each run of windows that touch becomes a part of its own, with its own
text and tokens. So the cost of decoding follows what was read, not how long the document is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from luke_qa.backends.base import Logits
from luke_qa.spans import Document
from luke_qa.tokenizer import TokenizedText
from luke_qa.windows import Window


def split_regions(document: Document) -> Iterator[Document]:
    """Yield the parts of ``document`` that its windows cover, in order; itself if they cover it all."""
    runs = list(_runs(list(zip(document.windows, document.logits, strict=True))))
    if len(runs) == 1 and _length(runs[0]) == len(document.tokens):
        yield document
        return
    for run in runs:
        yield _region(document, run)


Run = Sequence[tuple[Window, Logits]]


def _runs(read: Run) -> Iterator[Run]:
    """Yield the longest runs of windows that overlap or touch."""
    first = 0
    for index, ((before, _), (after, _)) in enumerate(pairwise(read), start=1):
        if after.context_start > before.context_end:
            yield read[first:index]
            first = index
    yield read[first:]


def _length(run: Run) -> int:
    return run[-1][0].context_end - run[0][0].context_start


def _region(document: Document, run: Run) -> Document:
    tokens, start, end = document.tokens, run[0][0].context_start, run[-1][0].context_end
    begin, stop = int(tokens.starts[start]), int(tokens.ends[start:end].max())
    return Document(
        document.context[begin:stop],
        TokenizedText(tokens.ids[start:end], tokens.starts[start:end] - begin, tokens.ends[start:end] - begin),
        [
            replace(window, context_start=window.context_start - start, context_end=window.context_end - start)
            for window, _ in run
        ],
        [logits for _, logits in run],
        document.number,
        begin,
    )
