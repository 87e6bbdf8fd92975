"""Paragraphs written as lines of JSON, in the fields of SQuAD 2.0, which ``read_questions`` reads."""

import json
from typing import Any

from .questions import Paragraph


def to_squad(paragraph: Paragraph, **more: Any) -> str:
    """Return the paragraph as one line, without a line break; ``more`` are fields that readers ignore."""
    questions = [
        {
            "id": question.id,
            "question": question.text,
            "answers": [{"text": answer.text, "answer_start": answer.start} for answer in question.answers],
            "is_impossible": not question.answers,
        }
        for question in paragraph.questions
    ]
    line = {"title": paragraph.title, "context": paragraph.context, "qas": questions, **more}
    return json.dumps(line, ensure_ascii=False)
