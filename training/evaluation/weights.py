"""Which of several weights is fitted: the smallest that is as good as the best, as far as the questions can tell."""

from collections.abc import Mapping, Sequence

import numpy as np


def smallest_good_weight(found: Mapping[float, Sequence[float]]) -> float:
    """Return the smallest weight whose mean is within one standard error of the best.

    ``found`` has by weight one value for each question, the higher the better. The smallest, since a weight is a
    prejudice that public questions, which were written beside the text, may favour more than users' questions do.

    Raises:
        ValueError: there are no questions.
    """
    if not any(found.values()):
        raise ValueError("There are no questions.")
    best = max(found.values(), key=sum)
    behind = {weight: np.subtract(best, values) for weight, values in found.items()}
    return min(weight for weight, each in behind.items() if each.mean() <= each.std() / np.sqrt(len(each)))
