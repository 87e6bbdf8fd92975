import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from luke_qa.backends.base import Logits
from luke_qa.choices import EndLabel
from luke_qa.confidence import Confidence, Thresholds
from luke_qa.overlaps import Overlap
from luke_qa.place import PlattScaling
from luke_qa.query import Answers, Options
from luke_qa.spans import FIRST_CANDIDATES, Document, decode_spans, relative_to_no_answer
from luke_qa.tokenizer import TokenizedText
from luke_qa.windows import make_windows

# One of each kind: zero width, fillers, marks of direction, annotation, tags, braille's blank, control characters.
INVISIBLE = "".join(
    (
        "\u200b\u200c\u200d\u2060\u00ad\u180e\u034f\u061c\u115f\u3164\uffa0\u200e\u202e",
        "\u2066\ufeff\ufff9\U000e0041\u2800\0\x07\x7f\x9f",
    )
)
KANA = set("あはがを")
QUESTION = np.array([50, 51, 52])
OPTIONS = Options(top_k=1, max_answer_len=30, max_seq_len=128, doc_stride=0)


def is_invisible(character: str) -> bool:
    return character.isspace() or character in INVISIBLE


def spaced(context: str) -> TokenizedText:
    """A token for every character, each with the spaces before it."""
    starts, ends, last = [], [], 0
    for place, character in enumerate(context):
        if character != " ":
            starts.append(last)
            ends.append(place + 1)
            last = place + 1
    return TokenizedText(np.arange(len(ends)) + 100, np.array(starts), np.array(ends))


def random_document(context: str, seed: int, max_seq_len: int = 128, doc_stride: int = 0) -> Document:
    tokens = spaced(context)
    windows = make_windows(QUESTION, tokens, max_seq_len, doc_stride)
    rng = np.random.default_rng(seed)
    logits = [Logits(*rng.normal(scale=2, size=(2, len(window.ids))).astype(np.float32)) for window in windows]
    return Document(context, tokens, windows, logits)


def peak(context: str, first: int, last: int, end_label: EndLabel) -> Document:
    """One window whose labels point at tokens ``first`` to ``last``."""
    document = random_document(context, seed=0)
    window, shift = document.windows[0], int(end_label is EndLabel.EXCLUSIVE)
    start, end = np.zeros((2, len(window.ids)), dtype=np.float32)
    start[window.first + first] = end[window.first + last + shift] = 9
    return replace(document, logits=[Logits(start, end)])


@dataclass(frozen=True)
class Expected:
    spans: list[tuple[float, int, int, int]]  # probability, document, start, end; likeliest first
    no_answer: float


def is_border(context: str, start: int, end: int) -> bool:
    """Whether the token [start, end) is 、, を, or a は or が that is a particle."""
    while start < end and is_invisible(context[start]):
        start += 1
    while start < end and is_invisible(context[end - 1]):
        end -= 1
    before, behind = context[:start][-1:], context[end : end + 1]
    is_particle = behind not in KANA if before in KANA else before.isalnum()
    return context[start:end] in {"、", "を"} or (context[start:end] in {"は", "が"} and is_particle)


def brute_force(
    documents: Sequence[Document], max_answer_len: int, shift: int, temperature: float, phrase_weight: float
) -> Expected:
    """Written from the definition, one span at a time."""
    by_tokens: dict[tuple[int, int, int], float] = {}
    null = math.inf
    for number, document in enumerate(documents):
        places = zip(document.tokens.starts, document.tokens.ends, strict=True)
        borders = [is_border(document.context, int(start), int(end)) for start, end in places]
        for window, logits in zip(document.windows, document.logits, strict=True):
            null = min(null, float(logits.start[0]) + float(logits.end[0]))
            for i in range(window.context_start, window.context_end):
                for j in range(i, min(i + max_answer_len, window.context_end)):
                    offset = window.first - window.context_start
                    energy = float(logits.start[offset + i]) + float(logits.end[offset + j + shift])
                    energy -= phrase_weight * sum(borders[i : j + 1])
                    key = (number, i, j)
                    by_tokens[key] = max(energy, by_tokens.get(key, -math.inf))
    total = sum(math.exp(energy / temperature) for energy in (null, *by_tokens.values()))
    by_place: dict[tuple[int, int, int], float] = {}
    for (number, i, j), energy in by_tokens.items():
        context, tokens = documents[number].context, documents[number].tokens
        start, end = int(tokens.starts[i]), int(tokens.ends[j])
        while start < end and is_invisible(context[start]):
            start += 1
        while start < end and is_invisible(context[end - 1]):
            end -= 1
        if start < end:
            place = (number, start, end)
            by_place[place] = math.exp(energy / temperature) / total + by_place.get(place, 0)
    spans = sorted(((score, *place) for place, score in by_place.items()), reverse=True)
    return Expected(spans, math.exp(null / temperature) / total)


def places(answers: Answers) -> list[list[int | None]]:
    return [[span.document, span.start, span.end] for span in answers.spans]


# Whole texts of one token a character: what is invisible is a token, too, except the space, which joins the next one.
contexts = st.text("苺あはがを、 \u200b\0\u3164", min_size=1, max_size=40).filter(
    lambda text: not all(map(is_invisible, text))
)


@given(
    contexts=st.lists(contexts, min_size=1, max_size=3),
    seed=st.integers(0, 10_000),
    max_seq_len=st.integers(12, 40),
    doc_stride=st.integers(0, 4),
    max_answer_len=st.integers(1, 12),
    end_label=st.sampled_from(EndLabel),
    temperature=st.sampled_from([0.5, 1.0, 3.0]),
    phrase_weight=st.sampled_from([0.0, 0.15, 2.0]),
    top_k=st.integers(1, 100),
)
def test_answers_are_those_of_a_brute_force_search(
    contexts: list[str],
    seed: int,
    max_seq_len: int,
    doc_stride: int,
    max_answer_len: int,
    end_label: EndLabel,
    temperature: float,
    phrase_weight: float,
    top_k: int,
) -> None:
    documents = [
        replace(random_document(text, seed + n, max_seq_len, doc_stride), number=n) for n, text in enumerate(contexts)
    ]
    options = replace(OPTIONS, top_k=top_k, max_answer_len=max_answer_len)
    answers = decode_spans(documents, options, end_label, temperature, phrase_weight=phrase_weight)
    expected = brute_force(documents, max_answer_len, int(end_label is EndLabel.EXCLUSIVE), temperature, phrase_weight)
    assert places(answers) == [place for _, *place in expected.spans[:top_k]]
    assert [span.score for span in answers.spans] == pytest.approx([score for score, *_ in expected.spans[:top_k]])
    assert answers.no_answer_score == pytest.approx(expected.no_answer)
    for span in answers.spans:
        assert span.document is not None
        assert contexts[span.document][span.start : span.end] == span.answer != ""
        assert not is_invisible(span.answer[0])
        assert not is_invisible(span.answer[-1])


@given(context=contexts, seed=st.integers(0, 10_000), end_label=st.sampled_from(EndLabel))
def test_scores_are_probabilities_that_sum_to_at_most_one(context: str, seed: int, end_label: EndLabel) -> None:
    answers = decode_spans([random_document(context, seed)], replace(OPTIONS, top_k=100), end_label, 1.0)
    scores = [answers.no_answer_score, *(span.score for span in answers.spans)]
    assert all(0 <= score <= 1 for score in scores)
    assert sum(scores) <= 1 + 1e-9


def test_extreme_logits_give_scores_within_bounds() -> None:
    document = random_document("あいう", seed=1)
    for scale in (1e4, 1e30):
        logits = [Logits(item.start * np.float32(scale), item.end * np.float32(scale)) for item in document.logits]
        answers = decode_spans([replace(document, logits=logits)], replace(OPTIONS, top_k=5), EndLabel.INCLUSIVE, 0.01)
        assert all(0 <= span.score <= 1 for span in answers.spans)


@pytest.mark.parametrize("end_label", EndLabel)
def test_both_end_labels_point_at_the_same_answer(end_label: EndLabel) -> None:
    (span,) = decode_spans([peak("東京の苺は甘い", 3, 3, end_label)], OPTIONS, end_label, 1.0).spans
    assert (span.answer, span.start, span.end) == ("苺", 3, 4)


@pytest.mark.parametrize("end_label", EndLabel)
def test_an_answer_may_be_the_last_of_the_context(end_label: EndLabel) -> None:
    (span,) = decode_spans([peak("東京の苺", 2, 3, end_label)], OPTIONS, end_label, 1.0).spans
    assert (span.answer, span.start, span.end) == ("の苺", 2, 4)


def test_an_end_before_its_start_is_never_taken() -> None:
    document = random_document("あいうえお", seed=1)
    window = document.windows[0]
    start, end = np.zeros((2, len(window.ids)), dtype=np.float32)
    start[window.first + 4], end[window.first] = 9, 9  # independent argmax would end before it starts
    (span,) = decode_spans([replace(document, logits=[Logits(start, end)])], OPTIONS, EndLabel.INCLUSIVE, 1.0).spans
    assert span.start is not None
    assert span.end is not None
    assert span.start < span.end


def test_the_question_and_the_special_tokens_are_never_an_answer() -> None:
    document = random_document("あい", seed=1)
    logits = Logits(*np.full((2, len(document.windows[0].ids)), 50, dtype=np.float32))
    logits.start[document.windows[0].first :] = logits.end[document.windows[0].first :] = -50
    answers = decode_spans([replace(document, logits=[logits])], replace(OPTIONS, top_k=9), EndLabel.INCLUSIVE, 1.0)
    assert {span.answer for span in answers.spans} == {"あ", "い", "あい"}


def test_no_answer_is_longer_than_allowed() -> None:
    answers = decode_spans(
        [random_document("あいうえおかきくけこ", 2)],
        replace(OPTIONS, top_k=100, max_answer_len=3),
        EndLabel.EXCLUSIVE,
        1.0,
    )
    assert max(len(span.answer) for span in answers.spans) == 3
    assert len(answers.spans) == 10 + 9 + 8


def test_as_many_answers_as_exist_are_found_even_where_most_spans_are_the_same() -> None:
    """Tokens inside one expanded character share its place, so thousands of token spans make few answers."""
    count, tail = 120, 8
    places_of_tokens = np.concatenate((np.zeros(count, int), np.arange(1, tail + 1)))
    tokens = TokenizedText(np.arange(count + tail), places_of_tokens, places_of_tokens + 1)
    windows = make_windows(QUESTION, tokens, 200, 0)
    start, end = np.zeros((2, len(windows[0].ids)), dtype=np.float32)
    start[windows[0].first : windows[0].first + count] = 5
    end[windows[0].first : windows[0].first + count] = 5
    document = Document("㍿" + "あ" * tail, tokens, windows, [Logits(start, end)])
    answers = decode_spans([document], replace(OPTIONS, top_k=100, max_answer_len=128), EndLabel.INCLUSIVE, 1.0)
    assert count * count / 2 > 8 * FIRST_CANDIDATES
    assert len(answers.spans) == (tail + 1) * (tail + 2) // 2
    assert len(set(map(tuple, places(answers)))) == len(answers.spans)


def test_an_answer_in_two_windows_counts_once_with_its_better_score() -> None:
    document = random_document("あいうえおかきくけこさしすせそ", seed=3, max_seq_len=17, doc_stride=8)
    assert len(document.windows) > 1
    answers = decode_spans([document], replace(OPTIONS, top_k=100), EndLabel.EXCLUSIVE, 1.0)
    assert len(set(map(tuple, places(answers)))) == len(answers.spans)
    assert answers.spans[0].score == pytest.approx(brute_force([document], 30, 1, 1.0, 0.0).spans[0][0])


def test_equally_likely_answers_come_in_the_order_of_the_text() -> None:
    document = random_document("あいうえお" * 12, seed=1)
    logits = [Logits(*np.zeros((2, len(document.windows[0].ids)), dtype=np.float32))]
    options = replace(OPTIONS, top_k=60, max_answer_len=1)
    answers = decode_spans([replace(document, logits=logits)], options, EndLabel.INCLUSIVE, 1.0)
    assert [span.start for span in answers.spans] == list(range(60))


def test_the_same_words_at_two_places_are_two_answers() -> None:
    answers = decode_spans(
        [random_document("苺苺", 1)], replace(OPTIONS, top_k=9, max_answer_len=1), EndLabel.INCLUSIVE, 1.0
    )
    assert sorted((span.answer, span.start) for span in answers.spans) == [("苺", 0), ("苺", 1)]


def with_null(document: Document, energy: float) -> Document:
    for logits in document.logits:
        logits.start[0], logits.end[0] = energy, 0
    return document


def test_no_answer_wins_only_where_the_caller_lets_it() -> None:
    document = with_null(random_document("あいう", seed=1), 30)
    (span,) = decode_spans([document], OPTIONS, EndLabel.EXCLUSIVE, 1.0).spans
    assert span.answer != ""
    answers = decode_spans([document], replace(OPTIONS, handle_impossible_answer=True), EndLabel.EXCLUSIVE, 1.0)
    (span,) = answers.spans
    assert (span.answer, span.start, span.end, span.document) == ("", None, None, None)
    assert span.score == answers.no_answer_score > 0.99


def test_no_answer_ranks_among_the_others() -> None:
    document = with_null(random_document("あいう", seed=1), -30)
    options = replace(OPTIONS, top_k=100, handle_impossible_answer=True)
    answers = decode_spans([document], options, EndLabel.EXCLUSIVE, 1.0)
    assert answers.spans[-1].answer == ""
    assert [span.score for span in answers.spans] == sorted((s.score for s in answers.spans), reverse=True)


def test_one_window_that_sees_the_answer_refutes_no_answer() -> None:
    document = with_null(random_document("あいうえおかきくけこ", seed=1, max_seq_len=12), 30)
    assert len(document.windows) == 2
    document.logits[1].start[0] = -30
    assert decode_spans([document], OPTIONS, EndLabel.EXCLUSIVE, 1.0).no_answer_score < 0.01


def test_a_higher_temperature_flattens_the_scores_and_keeps_the_order() -> None:
    document = random_document("あいうえお", seed=4)
    options = replace(OPTIONS, top_k=100)
    cold, hot = (decode_spans([document], options, EndLabel.EXCLUSIVE, t) for t in (0.5, 5.0))
    assert places(cold) == places(hot)
    assert cold.spans[0].score > hot.spans[0].score


def test_a_phrase_weight_prefers_one_of_two_candidates_to_the_text_from_one_to_the_other() -> None:
    document = random_document("西田は東山を見た", seed=0)
    first = document.windows[0].first
    start, end = np.full((2, len(document.windows[0].ids)), -9, dtype=np.float32)
    start[first], start[first + 3], end[first + 1], end[first + 4] = 5, 4, 4, 5  # 西田 9, 東山 9, 西田は東山 10
    between = replace(document, logits=[Logits(start, end)])
    free, weighted = (
        decode_spans([between], OPTIONS, EndLabel.INCLUSIVE, 1.0, phrase_weight=weight).spans[0].answer
        for weight in (0.0, 1.5)
    )
    assert (free, weighted) == ("西田は東山", "西田")


@pytest.mark.parametrize("character", INVISIBLE)
def test_an_invisible_character_does_not_split_an_answer(character: str) -> None:
    """With one token for it, half of the model's certainty may go to the span with it and half to the one without."""
    document = random_document(f"西田さん{character}は", seed=0)
    window = document.windows[0]
    start, end = np.zeros((2, len(window.ids)), dtype=np.float32)
    start[window.first], end[window.first + 3], end[window.first + 4] = 9, 9, 8
    answers = decode_spans(
        [replace(document, logits=[Logits(start, end)])], replace(OPTIONS, top_k=9), EndLabel.INCLUSIVE, 1.0
    )
    best, *others = answers.spans
    assert (best.answer, best.start, best.end) == ("西田さん", 0, 4)
    assert best.score > 0.99
    assert all(other.answer.strip(character) == other.answer for other in others)


def test_a_variation_selector_stays_with_its_character() -> None:
    context = "葛\U000e0100\U000e0101市"
    answers = decode_spans([random_document(context, 1)], replace(OPTIONS, top_k=9), EndLabel.INCLUSIVE, 1.0)
    assert {span.answer for span in answers.spans} == {"葛\U000e0100\U000e0101", "市", context}


def test_a_text_of_invisible_characters_has_no_answer() -> None:
    answers = decode_spans([random_document("\u200b\u3164", 1)], OPTIONS, EndLabel.INCLUSIVE, 1.0)
    assert [span.answer for span in answers.spans] == [""]


def test_nothing_but_white_space_has_no_answer() -> None:
    tokens = TokenizedText(np.array([100]), np.array([0]), np.array([1]))
    windows = make_windows(QUESTION, tokens, 128, 0)
    logits = [Logits(*np.zeros((2, len(windows[0].ids)), dtype=np.float32))]
    (span,) = decode_spans([Document(" ", tokens, windows, logits)], OPTIONS, EndLabel.EXCLUSIVE, 1.0).spans
    assert (span.answer, span.start, span.end, span.document) == ("", None, None, None)


def test_documents_are_ranked_together() -> None:
    documents = [replace(random_document("あいう", seed), number=seed) for seed in range(4)]
    answers = decode_spans(documents, replace(OPTIONS, top_k=100), EndLabel.EXCLUSIVE, 1.0)
    assert {span.document for span in answers.spans} == {0, 1, 2, 3}
    assert [span.score for span in answers.spans] == sorted((s.score for s in answers.spans), reverse=True)


@pytest.mark.parametrize("nothing", ["「", "」"])
def test_a_document_without_any_answer_leaves_the_scores_of_the_others(nothing: str) -> None:
    document = random_document("ab cd ef", seed=3)
    alone = decode_spans([document], OPTIONS, EndLabel.EXCLUSIVE, 1.0)
    empty = replace(with_null(random_document(nothing, seed=4), 99.0), number=1)  # it refutes nothing
    beside = decode_spans([document, empty], OPTIONS, EndLabel.EXCLUSIVE, 1.0)
    assert beside.spans == alone.spans
    assert beside.no_answer_score == alone.no_answer_score < 1
    assert beside.place_score == alone.place_score


def test_relative_to_no_answer_a_constant_of_a_window_means_nothing() -> None:
    sure = with_null(peak("今日は雨だ", 3, 3, EndLabel.EXCLUSIVE), 2.0)
    (logits,) = random_document("明日は雪だ", seed=3).logits
    loud = replace(random_document("明日は雪だ", seed=3), logits=[Logits(logits.start + 50, logits.end + 50)], number=1)
    documents = [replace(sure, number=0), loud]
    assert decode_spans(documents, OPTIONS, EndLabel.EXCLUSIVE, 1.0).spans[0].document == 1
    relative = [relative_to_no_answer(document) for document in documents]
    best = decode_spans(relative, OPTIONS, EndLabel.EXCLUSIVE, 1.0).spans[0]
    assert (best.document, best.answer) == (0, "雨")


def test_relative_energies_leave_the_answer_from_one_window_as_it_is() -> None:
    document = random_document("今日は雨だ", seed=5)
    absolute, relative = (
        decode_spans([given], replace(OPTIONS, top_k=5), EndLabel.EXCLUSIVE, 1.3)
        for given in (document, relative_to_no_answer(document))
    )
    assert [span.answer for span in absolute.spans] == [span.answer for span in relative.spans]
    assert relative.no_answer_score == pytest.approx(absolute.no_answer_score, abs=1e-6)


def test_spans_that_overlap_are_one_place() -> None:
    document = random_document("あいうえおかきくけこ", seed=3)
    every = decode_spans([document], replace(OPTIONS, top_k=100, max_answer_len=4), EndLabel.EXCLUSIVE, 1.0)
    best = every.spans[0]
    assert best.start is not None
    assert best.end is not None
    overlapping = [
        span.score
        for span in every.spans
        if span.start is not None and span.end is not None and span.start < best.end and best.start < span.end
    ]
    assert every.place_score > best.score
    assert every.place_score == pytest.approx(sum(overlapping))


def test_a_place_counts_every_region_and_every_document_that_holds_it() -> None:
    """The second document is the first one moved by two characters, in which the model sees other spans."""
    first, other = random_document("あいうえおかきくけこ", seed=1), random_document("うえおかきくけこさし", seed=4)
    second = replace(other, number=1)
    options = replace(OPTIONS, top_k=100, max_answer_len=4)
    found = decode_spans([first, second], options, EndLabel.EXCLUSIVE, 1.0, overlaps=[Overlap(0, 1, 2)])
    moved = [(span, 2 if span.document == 1 else 0) for span in found.spans if span.start is not None]
    places = [(span.score, span.start + shift, span.end + shift) for span, shift in moved]  # type: ignore[operator]
    _, start, end = places[0]
    around = sum(score for score, begin, stop in places if begin < end and start < stop)
    assert found.place_score == pytest.approx(around)
    assert any(
        shift and begin < end and start < stop for (_, shift), (_, begin, stop) in zip(moved, places, strict=True)
    )


def test_the_place_is_that_of_the_best_span_even_if_no_answer_wins() -> None:
    document = random_document("あいうえお", seed=3)
    options = replace(OPTIONS, handle_impossible_answer=True)
    window = document.windows[0]
    start, end = np.zeros((2, len(window.ids)), dtype=np.float32)
    start[0] = end[0] = 9
    refused = decode_spans([replace(document, logits=[Logits(start, end)])], options, EndLabel.INCLUSIVE, 1.0)
    assert refused.spans[0].answer == ""
    assert 0 < refused.place_score < 1
    assert refused.confidence is Confidence.NONE


def test_the_thresholds_and_the_scaling_apply() -> None:
    document = peak("あいうえお", 1, 2, EndLabel.INCLUSIVE)
    thresholds = Thresholds(high=0.9, none=0.5)
    sure = decode_spans([document], OPTIONS, EndLabel.INCLUSIVE, 1.0, thresholds=thresholds)
    assert sure.confidence is Confidence.HIGH
    scaling = PlattScaling(1.0, -10.0)
    unsure = decode_spans([document], OPTIONS, EndLabel.INCLUSIVE, 3.0, place_scaling=scaling, thresholds=thresholds)
    assert unsure.place_score == unsure.spans[0].score
    assert unsure.place_score < 0.9
    assert unsure.confidence is Confidence.LOW


def test_a_prior_is_added_to_the_energy_of_spans_and_weakens_the_refutation_of_no_answer() -> None:
    documents = [replace(random_document("あいう", seed), number=seed) for seed in range(2)]
    options = replace(OPTIONS, top_k=100)
    windows = [replace(documents[1].windows[0], prior=-2.0)]
    moved = [documents[0], replace(documents[1], windows=windows)]
    plain, weighed = (
        decode_spans(documents, options, EndLabel.EXCLUSIVE, 1.0),
        decode_spans(moved, options, EndLabel.EXCLUSIVE, 1.0),
    )

    def odds(answers: Answers) -> dict[tuple[int | None, int | None, int | None], float]:
        by_place = {(span.document, span.start, span.end): span.score for span in answers.spans}
        return {place: math.log(score / by_place[0, 0, 1]) for place, score in by_place.items()}

    before, after = odds(plain), odds(weighed)
    for place, value in after.items():
        assert value == pytest.approx(before[place] - 2.0 * (place[0] == 1))
    null = [float(document.logits[0].start[0] + document.logits[0].end[0]) for document in documents]
    first = dict(enumerate(null))
    expected = min(first[0], first[1] + 2.0) - min(null)
    moved_by = math.log(weighed.no_answer_score / by_first(weighed)) - math.log(plain.no_answer_score / by_first(plain))
    assert moved_by == pytest.approx(expected, abs=1e-6)


def by_first(answers: Answers) -> float:
    return next(span.score for span in answers.spans if (span.document, span.start, span.end) == (0, 0, 1))
