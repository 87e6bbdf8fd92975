"""Evaluation on questions with known answers; ``luke-qa eval`` and the training use it.

Data:
    ``read_questions``, ``sample`` and ``open_text`` read it as ``Paragraph``, ``Question`` and ``Answer``;
    ``ReadReport`` counts what was dropped. ``to_squad`` returns a paragraph as a line of such a file.

Outcomes:
    ``question_pairs`` and ``all_questions`` list what to ask; ``score_answer`` turns each reply into an ``Outcome``.

Measures:
    ``measure`` returns a ``Report``, with its ``Row``, ``NoAnswer`` and ``Failure``. ``TARGET_ACCURACY`` is the
    accuracy that its threshold must reach, and ``CARD`` is the ``Score`` on the model card.
    ``reliability`` (``Reliability``, ``Bin``), ``log_loss`` and ``risk_coverage`` (``RiskCoverage``, ``Point``)
    evaluate the scores; ``Place`` and ``State`` evaluate the place's probability and the confidence, and
    ``right_place`` says whether an answer overlaps a gold answer.
    ``make_row``, ``group_rows``, ``length_label``, ``length_labels``, ``ANSWER_LENGTHS`` and ``Scored`` make tables by
    group.

Plots need an extra: see ``luke_qa_client.evaluation.plots.draw_report``.
"""

from ..metrics import Score
from .breakdown import ANSWER_LENGTHS, Row, Scored, group_rows, length_label, length_labels, make_row
from .calibration import Bin, Reliability, log_loss, reliability
from .confidence import Place, State
from .outcomes import Outcome, all_questions, question_pairs, score_answer
from .places import right_place
from .questions import Answer, Paragraph, Question, ReadReport, open_text, read_questions, sample
from .report import CARD, TARGET_ACCURACY, Failure, NoAnswer, Report, measure
from .risk import Point, RiskCoverage, risk_coverage
from .squad import to_squad

__all__ = [
    "ANSWER_LENGTHS",
    "CARD",
    "TARGET_ACCURACY",
    "Answer",
    "Bin",
    "Failure",
    "NoAnswer",
    "Outcome",
    "Paragraph",
    "Place",
    "Point",
    "Question",
    "ReadReport",
    "Reliability",
    "Report",
    "RiskCoverage",
    "Row",
    "Score",
    "Scored",
    "State",
    "all_questions",
    "group_rows",
    "length_label",
    "length_labels",
    "log_loss",
    "make_row",
    "measure",
    "open_text",
    "question_pairs",
    "read_questions",
    "reliability",
    "right_place",
    "risk_coverage",
    "sample",
    "score_answer",
    "to_squad",
]
