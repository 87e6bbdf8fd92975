"""Question data, read by the same code as in the client's evaluation."""

from luke_qa_client.evaluation.questions import Answer, Paragraph, Question, ReadReport, read_questions, sample

__all__ = ["Answer", "Paragraph", "Question", "ReadReport", "read_questions", "sample"]
