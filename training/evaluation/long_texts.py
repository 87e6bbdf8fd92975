"""Long texts made of the paragraphs of a question set, and the questions about them."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from training.data.qa_data import Paragraph

_SEED = 5
_TITLE_MARK = "[SEP]"  # JSQuAD's contexts begin with "title [SEP] "


MakeCases = Callable[[Sequence[str], Sequence[Paragraph]], Iterator["LongCase"]]


@dataclass(frozen=True, slots=True)
class LongCase:
    """A question over ``contexts``, of which number ``document`` has its paragraph at ``[start, end)``."""

    question: str
    golds: tuple[str, ...]
    contexts: tuple[str, ...]
    document: int
    start: int
    end: int

    @property
    def paragraph(self) -> str:
        return self.contexts[self.document][self.start : self.end]

    def without_paragraph(self) -> "LongCase":
        """The same question over the rest of the texts, which does not answer it."""
        contexts, text = list(self.contexts), self.contexts[self.document]
        contexts[self.document] = text[: self.start] + text[self.end :]
        return replace(self, golds=(), contexts=tuple(contexts), end=self.start)

    @property
    def shared(self) -> float:
        """How many of the question's character bigrams are in its paragraph, as a part of all."""
        bigrams = {self.question[i : i + 2] for i in range(len(self.question) - 1)}
        return sum(bigram in self.paragraph for bigram in bigrams) / max(1, len(bigrams))


def joined_cases(paragraphs: Sequence[Paragraph], characters: int) -> list[LongCase]:
    """Join shuffled paragraphs into texts of ``characters`` characters; return the questions about them, shuffled."""

    def cases(texts: Sequence[str], group: Sequence[Paragraph]) -> Iterator[LongCase]:
        context, place = "\n".join(texts), 0
        for text, paragraph in zip(texts, group, strict=True):
            yield from _cases(paragraph, (context,), 0, place, place + len(text))
            place += len(text) + 1

    return _grouped(paragraphs, characters, len, cases)


def document_cases(paragraphs: Sequence[Paragraph], documents: int) -> list[LongCase]:
    """Make sets of ``documents`` shuffled paragraphs; return the questions about them, shuffled."""

    def cases(texts: Sequence[str], group: Sequence[Paragraph]) -> Iterator[LongCase]:
        for number, paragraph in enumerate(group):
            yield from _cases(paragraph, tuple(texts), number, 0, len(texts[number]))

    return _grouped(paragraphs, documents, lambda text: 1, cases)


def _grouped(
    paragraphs: Sequence[Paragraph], size: int, measure: Callable[[str], int], cases: MakeCases
) -> list[LongCase]:
    rng = random.Random(_SEED)
    shuffled = list(paragraphs)
    rng.shuffle(shuffled)
    found, texts, group, total = list[LongCase](), list[str](), list[Paragraph](), 0
    for paragraph in shuffled:
        texts.append(paragraph.context.split(_TITLE_MARK, 1)[-1].strip())
        group.append(paragraph)
        total += measure(texts[-1])
        if total >= size:
            found += cases(texts, group)
            texts, group, total = [], [], 0
    rng.shuffle(found)
    return found


def _cases(paragraph: Paragraph, contexts: tuple[str, ...], document: int, start: int, end: int) -> Iterator[LongCase]:
    for question in paragraph.questions:
        if question.answers:
            golds = tuple(answer.text for answer in question.answers)
            yield LongCase(question.text, golds, contexts, document, start, end)
