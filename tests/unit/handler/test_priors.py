import numpy as np
import pytest

from luke_qa.priors import document_priors
from luke_qa.query import Options, Query


def priors(weight: float, *scores: float | None) -> list[float]:
    options = Options(top_k=1, max_answer_len=30, max_seq_len=128, doc_stride=16, retriever_weight=weight)
    found: list[float] = document_priors(Query(("何？",), ("苺",) * len(scores), options, scores)).tolist()
    return found


def test_one_standard_deviation_below_the_best_is_one_weight() -> None:
    spread = float(np.std([1, 2, 6]))
    assert priors(2.0, 1, 2, 6) == pytest.approx([-2 * 5 / spread, -2 * 4 / spread, 0])


def test_the_scale_and_the_zero_of_the_scores_do_not_matter() -> None:
    assert priors(1.0, 1, 2, 6) == pytest.approx(priors(1.0, 110, 120, 160))


def test_a_document_without_a_score_counts_as_the_lowest() -> None:
    assert priors(1.0, 1, None, 3) == [priors(1.0, 1, None, 3)[0], priors(1.0, 1, None, 3)[0], 0]


@pytest.mark.parametrize("scores", [(None, None), (1, 1), (5,), (None,)])
def test_without_scores_that_differ_there_is_no_prior(scores: tuple[float | None, ...]) -> None:
    assert priors(1.0, *scores) == [0] * len(scores)


def test_by_default_the_scores_do_not_count() -> None:
    assert priors(0.0, 1, 2, 6) == [0, 0, 0]
