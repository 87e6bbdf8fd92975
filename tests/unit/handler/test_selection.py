from luke_qa.query import Options, Span
from luke_qa.selection import is_too_low, may_join

OPTIONS = Options(top_k=5, max_answer_len=30, max_seq_len=128, doc_stride=16)


def span(start: int, end: int, document: int = 0, score: float = 0.5) -> Span:
    return Span("苺" * (end - start), score, start, end, document)


def options(**changed: float) -> Options:
    return Options(**{"top_k": 5, "max_answer_len": 30, "max_seq_len": 128, "doc_stride": 16, **changed})  # type: ignore[arg-type]


def test_by_default_every_span_is_an_answer() -> None:
    assert may_join(span(2, 4), [span(2, 5), span(1, 4)], OPTIONS)
    assert not is_too_low(span(2, 4, score=0.0), OPTIONS)


def test_answers_share_at_most_this_part_of_the_shorter_one() -> None:
    assert may_join(span(4, 8), [span(0, 5)], options(overlap=0.25))
    assert not may_join(span(4, 8), [span(0, 6)], options(overlap=0.25))
    assert not may_join(span(2, 3), [span(0, 6)], options(overlap=0.9))
    assert may_join(span(4, 8), [span(0, 4)], options(overlap=0))
    assert may_join(span(4, 8, document=1), [span(4, 8)], options(overlap=0))


def test_a_document_has_at_most_so_many_answers() -> None:
    chosen = [span(0, 1), span(3, 4), span(0, 1, document=1)]
    assert not may_join(span(5, 6), chosen, options(top_k_per_document=2))
    assert may_join(span(5, 6, document=1), chosen, options(top_k_per_document=2))


def test_answers_below_the_lowest_score_are_left_out() -> None:
    assert is_too_low(span(0, 1, score=0.29), options(min_score=0.3))
    assert not is_too_low(span(0, 1, score=0.3), options(min_score=0.3))
    assert is_too_low(span(0, 1, score=1e-9), options(overlap=0))
