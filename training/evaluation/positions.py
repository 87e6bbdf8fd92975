"""The model card's own measure: token positions, start and end taken independently, ends exclusive.

It is the measure of the published 0.8459 / 0.9197, not comparable with the field's. What counts as gold is what the
card's author labelled: the last context tokens that do not begin after the answer's first character, and after its
end. So an answer that ends a token is labelled with the token behind it, one that ends inside a token loses that
token, and one that ends the context gets its own last token. One thing is not reproduced: white space in a context
shifted the author's labels, since he counted decoded characters without it.
"""

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from luke_qa.tokenizer import TokenizedText
from luke_qa.windows import Window
from luke_qa_client.metrics import Score, mean_score, position_exact_match, position_f1
from ops.reader import Computed
from training.data.qa_data import Paragraph


def author_label(tokens: TokenizedText, window: Window, start: int, end: int) -> tuple[int, int]:
    """Token positions (start, exclusive end) in the input for the characters [start, end) of a context that
    `window` shows whole.
    """
    first = int(np.searchsorted(tokens.starts, start, "right")) - 1
    last = int(np.searchsorted(tokens.starts, end, "right")) - 1
    return window.first + first, window.first + last


def score_positions(paragraphs: Sequence[Paragraph], computed: Sequence[Computed]) -> Score:
    """Means over the answerable questions whose context fits into one window, as the card's code needs it."""
    return mean_score(
        pair
        for paragraph, item in zip(paragraphs, computed, strict=True)
        for pair in _paragraph_scores(paragraph, item)
    )


def _paragraph_scores(paragraph: Paragraph, computed: Computed) -> list[tuple[float, float]]:
    tokens, scores = computed.prepared.documents[0], list[tuple[float, float]]()
    pairs = zip(computed.prepared.windows, computed.logits, strict=True)
    for number, of_question in groupby(pairs, lambda pair: pair[0].question):
        (window, logits), *others = of_question
        golds = [
            author_label(tokens, window, answer.start, answer.start + len(answer.text))
            for answer in paragraph.questions[number].answers
        ]
        if others or not golds:
            continue
        found = int(logits.start.argmax()), int(logits.end.argmax())
        scores.append(
            (
                max(position_exact_match(found, gold) for gold in golds),
                max(position_f1(found, gold) for gold in golds),
            )
        )
    return scores
