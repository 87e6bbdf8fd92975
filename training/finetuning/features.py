"""Training features: the windows that the server would cut, with exclusive end labels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from luke_qa.errors import QuestionTooLong
from luke_qa.tokenizer import PAD, IntArray, TokenizedText, Tokenizer
from luke_qa.windows import Window, make_windows
from training.data.alignment import covering
from training.data.qa_data import Paragraph, Question


@dataclass(frozen=True, slots=True, eq=False)
class Feature:
    """ids: int64 [tokens] of one window; start: the answer's first token; end: the token after its last.

    Both are 0, the position of <s>, if the window does not contain the whole answer.
    """

    ids: IntArray
    start: int
    end: int


@dataclass(slots=True)
class FeatureReport:
    """The number of windows, of windows without an answer, and of skipped questions.

    A question is skipped if it leaves no room for the context in a window.
    """

    windows: int = 0
    without_answer: int = 0
    too_long: int = 0


def make_features(
    paragraphs: Sequence[Paragraph], tokenizer: Tokenizer, max_seq_len: int, doc_stride: int, report: FeatureReport
) -> list[Feature]:
    """Make the features of every question's windows; the first gold answer is the label."""
    features = list[Feature]()
    for paragraph in paragraphs:
        context = tokenizer.tokenize(paragraph.context)
        for question in paragraph.questions:
            try:
                windows = make_windows(tokenizer.tokenize(question.text).ids, context, max_seq_len, doc_stride)
            except QuestionTooLong:
                report.too_long += 1
                continue
            features += _labelled(windows, context, question)
    report.windows = len(features)
    report.without_answer = sum(feature.end == 0 for feature in features)
    return features


def collate(features: Sequence[Feature]) -> dict[str, Tensor]:
    """Pad a batch.

    Returns input_ids and attention_mask [features, tokens], start_positions and end_positions [features].
    """
    width = max(len(feature.ids) for feature in features)
    ids = torch.full((len(features), width), PAD)
    for row, feature in enumerate(features):
        ids[row, : len(feature.ids)] = torch.from_numpy(feature.ids)
    return {
        "input_ids": ids,
        "attention_mask": ids.ne(PAD).long(),
        "start_positions": torch.tensor([feature.start for feature in features]),
        "end_positions": torch.tensor([feature.end for feature in features]),
    }


def _labelled(windows: Sequence[Window], context: TokenizedText, question: Question) -> Iterator[Feature]:
    place = None
    if question.answers:
        answer = question.answers[0]
        place = covering(context, answer.start, answer.start + len(answer.text))
    for window in windows:
        if place and window.context_start <= place[0] and place[1] <= window.context_end:
            shift = window.first - window.context_start
            yield Feature(window.ids, place[0] + shift, place[1] + shift)
        else:
            yield Feature(window.ids, 0, 0)
