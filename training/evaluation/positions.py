"""The model card's own measure: token positions, start and end taken independently, ends exclusive.

This is the measure of the published 0.8459 / 0.9197; it is not comparable with the usual one. The gold positions are
those of the author's labels: the last context token that does not begin after the answer's first character, and the
last that does not begin after its end. An answer that ends with a token is therefore labelled with the token after
it, an answer that ends inside a token loses that token, and an answer that ends the context gets its own last token.
One effect is not reproduced: whitespace in a context shifted the author's labels, because the author counted decoded
characters, which contain none.
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
    """Return the label (start, exclusive end), as positions in the input, of the characters [start, end) of a context.

    ``window`` must show the whole context.
    """
    first = int(np.searchsorted(tokens.starts, start, "right")) - 1
    last = int(np.searchsorted(tokens.starts, end, "right")) - 1
    return window.first + first, window.first + last


def score_positions(paragraphs: Sequence[Paragraph], computed: Sequence[Computed]) -> Score:
    """Average over the answerable questions whose context fits into one window, as the card's code requires."""
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
