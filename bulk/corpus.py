"""A corpus: one Arrow table of ids and texts. The engines of a machine share it in Ray's memory."""

from collections.abc import Iterable, Mapping

import pyarrow
import pyarrow.compute

from bulk.job import Corpus, JobError
from bulk.tables import find_format, read_arrow

ID, TEXT = "id", "text"

MAX_CHARS = 10_000_000
"""Every engine holds the tokens of a corpus over which every question is asked: some 80 bytes for each character."""


def read_corpus(corpus: Corpus) -> pyarrow.Table:
    """Return the columns ``ID`` and ``TEXT`` of all documents, in their order.

    Raises:
        JobError: a column is missing or holds no text, an id is missing or not unique, or there are no documents.
    """
    table = read_arrow(corpus.inputs, find_format(corpus.inputs))
    for name in (corpus.id, corpus.text):
        if name not in table.column_names:
            raise JobError(f"The corpus has no column {name!r}. Its columns are: {', '.join(table.column_names)}.")
    if not len(table):
        raise JobError("The corpus has no documents.")
    ids, texts = (_as_text(table, name) for name in (corpus.id, corpus.text))
    counted = ids.value_counts()
    repeated = counted.filter(pyarrow.compute.greater(counted.field("counts"), 1))
    if len(repeated):
        raise JobError(
            f"The corpus has several documents with the id {repeated[0]['values'].as_py()!r}: make ids unique."
        )
    return pyarrow.table({ID: ids, TEXT: texts})


def check_size(documents: pyarrow.Table, limit: int) -> None:
    """Check that every engine can hold the corpus.

    Raises:
        JobError: it has more than ``limit`` characters.
    """
    characters = pyarrow.compute.sum(pyarrow.compute.utf8_length(documents[TEXT])).as_py()
    if characters > limit:
        raise JobError(
            f"The corpus has {characters} characters, which every engine must hold, and the limit is {limit}. "
            "Name a retriever's best documents for each question (--documents-column), "
            "or raise max_context_chars in --settings."
        )


def texts_of(documents: pyarrow.Table, ids: Iterable[str]) -> Mapping[str, str]:
    """Return the texts of those ``ids`` that the corpus has."""
    wanted = pyarrow.array(sorted(set(ids)), pyarrow.large_string())
    places = pyarrow.compute.index_in(wanted, value_set=documents[ID].combine_chunks())
    found = pyarrow.compute.is_valid(places)
    texts = documents[TEXT].take(places.filter(found))
    return dict(zip(wanted.filter(found).to_pylist(), texts.to_pylist(), strict=True))


def _as_text(table: pyarrow.Table, name: str) -> pyarrow.Array:
    column = table[name]
    try:
        found = column.cast(pyarrow.large_string()).combine_chunks()
    except pyarrow.ArrowException:
        raise JobError(f"The column {name!r} of the corpus holds {column.type}, not text.") from None
    if found.null_count:
        raise JobError(f"The column {name!r} of the corpus has no value in {found.null_count} of {len(found)} rows.")
    return found
