"""Question data of our own writing, small enough to read."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from training.data.qa_data import Answer, Paragraph, Question


def paragraph(title: str, context: str, *questions: tuple[str, str]) -> Paragraph:
    """Each question with its answer, which stands in the context where it is found first; "" for none."""
    return Paragraph(
        title,
        context,
        tuple(
            Question(str(number), text, (Answer(answer, context.index(answer)),) if answer else ())
            for number, (text, answer) in enumerate(questions)
        ),
    )


def as_entry(given: Paragraph) -> dict[str, object]:
    """The paragraph as a line of a JSONL file, or as one of SQuAD's."""
    questions = [
        {
            "id": question.id,
            "question": question.text,
            "answers": [{"text": answer.text, "answer_start": answer.start} for answer in question.answers],
        }
        for question in given.questions
    ]
    return {"title": given.title, "context": given.context, "qas": questions}


def write_jsonl(path: Path, paragraphs: Iterable[Paragraph]) -> Path:
    path.write_text("".join(json.dumps(as_entry(p), ensure_ascii=False) + "\n" for p in paragraphs), "utf-8")
    return path


TOWN: Sequence[Paragraph] = (
    paragraph(
        "青橋町",
        "青橋町の市場は1921年に駅の前にできた。毎週土曜日に魚と野菜が売られている。",
        ("市場はいつできましたか", "1921年"),
        ("市場では何が売られていますか", "魚と野菜"),
    ),
    paragraph(
        "青橋町",
        "町立図書館の設計は建築家の森下誠が担当した。本は五万冊ある。",
        ("図書館を設計したのは誰ですか", "森下誠"),
        ("本は何冊ありますか", "五万冊"),
    ),
    paragraph("青橋町", "町の小学校では毎朝、児童が校庭を走る。", ("児童はどこを走りますか", "校庭")),
    paragraph("白根川", "白根川は白根山から海へ流れる。", ("白根川はどこから流れますか", "白根山")),
    paragraph("灯台", "岬の灯台は石で造られている。", ("灯台は何で造られていますか", "石")),
    paragraph("鉄道", "鉄道は雪のため二日止まった。", ("なぜ鉄道は止まりましたか", "雪のため")),
)
