from tests.support.paragraphs import TOWN
from training.evaluation.long_texts import document_cases, joined_cases


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
