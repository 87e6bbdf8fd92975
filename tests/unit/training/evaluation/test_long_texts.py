import pytest

from tests.support.paragraphs import TOWN
from training.evaluation.long_texts import document_cases, joined_cases
from training.evaluation.shortlist import smallest_good_weight


def test_a_joined_text_has_the_paragraph_of_its_question_where_the_case_says() -> None:
    cases = joined_cases(TOWN, 60)
    contexts = {paragraph.context for paragraph in TOWN}
    assert cases
    for case in cases:
        (text,) = case.contexts
        assert len(text) >= 60
        assert case.paragraph in contexts
        assert any(gold in case.paragraph for gold in case.golds)
        assert case.paragraph not in case.without_paragraph().contexts[0]


def test_documents_stand_beside_each_other() -> None:
    cases = document_cases(TOWN, 2)
    assert cases
    for case in cases:
        assert len(case.contexts) == 2
        assert case.contexts[case.document] == case.paragraph
        assert case.without_paragraph().contexts[case.document] == ""
        assert 0 <= case.shared <= 1


def test_the_smallest_weight_that_is_as_good_as_the_best_is_chosen() -> None:
    best, worse = [1.0] * 39 + [0.0], [1.0] * 20 + [0.0] * 20
    nearly = [0.0] * 2 + [1.0] * 38  # two questions lost and one won decide nothing
    assert smallest_good_weight({0.0: worse, 0.5: nearly, 1.0: best}) == 0.5
    assert smallest_good_weight({0.0: best, 1.0: best}) == 0.0
    with pytest.raises(ValueError, match="no questions"):
        smallest_good_weight({})
