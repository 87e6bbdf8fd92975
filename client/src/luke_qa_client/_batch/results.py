"""The columns that an answer adds to its row."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from .._answers import Answer, Span

RESULT_COLUMNS: Final = (
    "answer",
    "score",
    "start",
    "end",
    "document",
    "no_answer_score",
    "place_score",
    "confidence",
)
ANSWERS_COLUMN: Final = "all_answers"
TITLE_COLUMN: Final = "document_title"


@dataclass(frozen=True, slots=True)
class Results:
    """What is written about an answer.

    Attributes:
        all_answers: also every answer, as a list in the column ``all_answers``.
        titles: the titles of the documents that are the context of every row, for the column ``document_title``;
            None if each row has a context of its own.
    """

    all_answers: bool = False
    titles: Sequence[str] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        title = () if self.titles is None else (TITLE_COLUMN,)
        return (*RESULT_COLUMNS, *title, *((ANSWERS_COLUMN,) if self.all_answers else ()))

    def values(self, answer: Answer) -> dict[str, Any]:
        """Return the columns of one answer."""
        found = {name: getattr(answer, name) for name in RESULT_COLUMNS}
        if self.titles is not None:
            found[TITLE_COLUMN] = self._title(answer)
        if self.all_answers:
            found[ANSWERS_COLUMN] = [self._span(span) for span in (answer.best, *answer.alternatives)]
        return found

    def _title(self, span: Span) -> str | None:
        return None if span.document is None or self.titles is None else self.titles[span.document]

    def _span(self, span: Span) -> dict[str, Any]:
        return span.to_dict() | ({} if self.titles is None else {TITLE_COLUMN: self._title(span)})


DEFAULT_RESULTS: Final = Results()
