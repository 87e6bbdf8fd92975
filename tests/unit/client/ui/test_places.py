"""Answers that overlap are one place; certainty in words."""

from dataclasses import replace

import pytest

from luke_qa_client import Answer, Span
from luke_qa_client._answers import Confidence
from luke_qa_client._ui.places import Level, find_places, keep_places


def span(start: int, end: int, score: float, document: int = 0) -> Span:
    return Span("苺" * (end - start), score, start, end, document)


def answer(*spans: Span, place_score: float | None = None, confidence: Confidence | None = None) -> Answer:
    best, *others = spans
    given = (best.answer, best.score, best.start, best.end, best.document)
    return Answer(*given, 0.1, "id", tuple(others), place_score, confidence)


NONE = Span("", 0.2, None, None, None)


def test_answers_that_overlap_the_best_of_a_place_belong_to_it_and_their_scores_add_up() -> None:
    places = find_places(
        answer(span(4, 8, 0.25), span(6, 8, 0.24), span(0, 2, 0.1), span(3, 5, 0.05), span(1, 3, 0.02))
    )
    assert [(place.best.start, [variant.start for variant in place.variants]) for place in places] == [
        (4, [6, 3]),
        (0, [1]),
    ]
    assert [place.score for place in places] == pytest.approx([0.54, 0.12])


def test_neighbours_other_documents_and_no_answer_do_not_overlap() -> None:
    places = find_places(answer(span(4, 8, 0.3), NONE, span(8, 9, 0.1), span(2, 4, 0.1), span(4, 8, 0.1, document=1)))
    assert len(places) == 5


def test_after_the_best_answer_the_more_probable_place_comes_first() -> None:
    places = find_places(answer(span(0, 1, 0.4), span(2, 3, 0.2), span(5, 8, 0.15), span(6, 8, 0.15)))
    assert [place.best.start for place in places] == [0, 5, 2]


def test_the_server_says_how_sure_the_best_place_is() -> None:
    (place,) = find_places(answer(span(0, 1, 0.4), place_score=0.9))
    assert (place.score, place.level) == (0.9, Level.HIGH)


@pytest.mark.parametrize(
    ("confidence", "level"), [("high", Level.HIGH), ("low", Level.MEDIUM), ("none", Level.LOW), (None, Level.MEDIUM)]
)
def test_the_best_places_level_is_the_servers_confidence_if_it_has_one(
    confidence: Confidence | None, level: Level
) -> None:
    assert find_places(answer(span(0, 1, 0.5), confidence=confidence))[0].level is level


@pytest.mark.parametrize(
    ("score", "level"),
    [
        (1.0, Level.HIGH),
        (0.7, Level.HIGH),
        (0.69, Level.MEDIUM),
        (0.3, Level.MEDIUM),
        (0.29, Level.LOW),
        (0, Level.LOW),
    ],
)
def test_without_a_confidence_the_level_follows_the_probability(score: float, level: Level) -> None:
    assert find_places(answer(span(0, 1, score)))[0].level is level
    assert find_places(answer(replace(NONE, score=score), confidence="none"))[0].level is level


def test_no_place_is_surer_than_the_best() -> None:
    places = find_places(answer(span(0, 1, 0.35), span(2, 3, 0.34), confidence="none"))
    assert [place.level for place in places] == [Level.LOW, Level.LOW]


def test_of_the_places_only_the_first_are_kept_with_all_their_answers() -> None:
    found = answer(span(0, 2, 0.4), span(4, 5, 0.1), span(1, 2, 0.1), span(6, 8, 0.08), span(7, 8, 0.08))
    kept = keep_places(found, 2)
    assert [variant.start for variant in kept.alternatives] == [1, 6, 7]
    assert find_places(kept) == find_places(found)[:2]
