"""What a retriever's scores say about the windows before they are read."""

import numpy as np
from numpy.typing import NDArray

from luke_qa.query import Query


def document_priors(query: Query) -> NDArray[np.float64]:
    """Return float64 [contexts], at most 0: logarithms of the odds that each document gives its answers.

    The retriever's scores may be of any scale. They are put on one by their standard deviation: a document that is one
    standard deviation below the best gets minus ``retriever_weight``. A document without a score counts as the lowest.
    """
    given = np.array([np.nan if score is None else score for score in query.scores] or [np.nan], np.float64)
    weight, spread = query.options.retriever_weight, float(np.nanstd(given)) if np.isfinite(given).any() else 0.0
    if not weight or not spread:
        return np.zeros(len(query.contexts))
    scores = np.where(np.isnan(given), np.nanmin(given), given)
    priors: NDArray[np.float64] = weight * (scores - scores.max()) / spread
    return priors
