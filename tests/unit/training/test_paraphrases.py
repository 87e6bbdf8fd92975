"""The questions that share no content word with their texts."""

import re

from ops.layout import ROOT
from training.data.qa_data import read_questions

PARAGRAPHS = read_questions(ROOT / "training" / "paraphrases.jsonl")


def test_sixty_questions_have_one_place_each() -> None:
    questions = [(p.context, q) for p in PARAGRAPHS for q in p.questions]
    assert len(questions) == 60
    for context, question in questions:
        (answer,) = question.answers
        assert context[answer.start :].startswith(answer.text)


def test_no_word_of_a_question_occurs_in_its_text() -> None:
    for paragraph in PARAGRAPHS:
        for question in paragraph.questions:
            for word in re.findall(r"[\u4e00-\u9fff]{2,}|[ァ-ヴー]{2,}", question.text):
                assert word not in paragraph.context, question.text
