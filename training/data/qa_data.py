"""Question data, read as the client's evaluation reads it."""

from luke_qa_client.evaluation.questions import Answer, Paragraph, Question, ReadReport, read_questions, sample

__all__ = ["Answer", "Paragraph", "Question", "ReadReport", "read_questions", "sample"]
