"""The wrong answers of ``luke-qa eval``: listed with their sentence, and written as data for fine-tuning."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.text import Text

from .._answers import Answer
from .._excerpt import excerpt
from .._printable import printable
from ..evaluation import Outcome, Paragraph, to_squad

_NONE = "(no answer)"


@dataclass(frozen=True, slots=True)
class Wrong:
    """A question that was not answered with a gold answer, and the paragraph it is about."""

    paragraph: Paragraph
    outcome: Outcome
    answer: Answer


def find_wrong(paragraphs: Sequence[Paragraph], outcomes: Sequence[Outcome]) -> list[Wrong]:
    """Return the wrong answers, in the order of the questions; errors of the server are none."""
    owners = (paragraph for paragraph in paragraphs for _ in paragraph.questions)
    return [
        Wrong(paragraph, outcome, outcome.answer)
        for paragraph, outcome in zip(owners, outcomes, strict=True)
        if isinstance(outcome.answer, Answer) and not outcome.exact_match
    ]


def write_wrong(found: Sequence[Wrong], file: Path) -> None:
    """Write a line for each, with the gold answers in SQuAD's fields and the wrong one as ``got``."""
    lines = (
        to_squad(replace(wrong.paragraph, questions=(wrong.outcome.question,)), got=wrong.answer.to_dict()) + "\n"
        for wrong in found
    )
    file.write_text("".join(lines), "utf-8", "backslashreplace")


def print_wrong(found: Sequence[Wrong]) -> None:
    """List each question with its gold answer, the wrong one, and the sentence of the gold answer."""
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    for wrong in found:
        console.print(Text(f"\n{printable(wrong.outcome.question.text)}", "bold"))
        console.print(Text(f"  expected  {printable(' / '.join(wrong.outcome.golds)) or _NONE}"))
        console.print(Text(f"  got       {printable(wrong.answer.answer) or _NONE}  {wrong.answer.score:.4f}"))
        if (place := _place(wrong)) is not None:
            sentence = excerpt(wrong.paragraph.context, *place)
            marked = (printable(sentence.answer), "reverse")
            console.print(Text.assemble("  in        ", printable(sentence.before), marked, printable(sentence.after)))


def _place(wrong: Wrong) -> tuple[int, int] | None:
    """Return where the gold answer is, or if there is none, the wrong one."""
    if wrong.outcome.question.answers:
        gold = wrong.outcome.question.answers[0]
        return gold.start, gold.start + len(gold.text)
    start, end = wrong.answer.start, wrong.answer.end
    return None if start is None or end is None else (start, end)
