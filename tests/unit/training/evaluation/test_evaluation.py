"""Measures other than exact match and F1, on cases worked out by hand."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from luke_qa.backends.base import Logits
from luke_qa.checkpoint import open_checkpoint
from luke_qa.choices import EndLabel
from luke_qa.confidence import Thresholds
from luke_qa.metadata import Fitted
from luke_qa.place import PlattScaling
from luke_qa.tokenizer import IntArray, Tokenizer
from luke_qa.windows import make_windows
from luke_qa_client.evaluation import log_loss
from luke_qa_client.evaluation.breakdown import length_label, length_labels
from ops.reader import Asked, Reader
from tests.support.models import ScriptedModel, flat, rough
from tests.support.paragraphs import TOWN, paragraph
from training.data.qa_data import Paragraph, sample
from training.evaluation.baselines import LexicalOverlap, baseline_rows
from training.evaluation.breakdown import rows
from training.evaluation.calibration import calibration, fit_temperature, store_calibration
from training.evaluation.exchanges import draw_exchanges
from training.evaluation.no_answer import answer_exchanges, auroc, measure_no_answer
from training.evaluation.outcomes import as_asked, overall, score_outcomes, with_refusals
from training.evaluation.positions import author_label, score_positions
from training.evaluation.question_types import QuestionType, question_type
from training.evaluation.ranking import measure_ranking, prefers_relative_energies
from training.evaluation.tokens import measure_tokens


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("市場はいつできましたか", QuestionType.WHEN),
        ("鉄道が開通したのは何年？", QuestionType.WHEN),
        ("工事は何年間続きましたか", QuestionType.HOW_MANY),
        ("白根川はどこから流れますか", QuestionType.WHERE),
        ("森下誠は何県の出身ですか", QuestionType.WHERE),
        ("オランダの州都は？", QuestionType.OTHER),
        ("図書館を設計したのは誰ですか", QuestionType.WHO),
        ("設計を担当した人物は？", QuestionType.WHO),
        ("参加したのは何人", QuestionType.HOW_MANY),
        ("りんごはいくつありますか", QuestionType.HOW_MANY),
        ("市場では何が売られていますか", QuestionType.WHAT),
        ("どんな魚ですか", QuestionType.WHAT),
        ("なぜ鉄道は止まりましたか", QuestionType.WHY_HOW),
        ("どのように造られましたか", QuestionType.WHY_HOW),
        ("町の花は", QuestionType.OTHER),
    ],
)
def test_questions_are_sorted_by_what_they_ask_for(question: str, expected: QuestionType) -> None:
    assert question_type(question) is expected


def test_lengths_fall_into_groups_without_gaps() -> None:
    assert length_labels((3, 6)) == ["1-2", "3-5", "6-"]
    assert [length_label(length, (3, 6)) for length in (1, 2, 3, 5, 6, 99)] == ["1-2", "1-2", "3-5", "3-5", "6-", "6-"]


def favour(tokenizer: Tokenizer, text: str, energy: float = 20.0) -> ScriptedModel:
    """A model that answers with the last token of ``text`` if a window shows it, otherwise with no answer."""
    wanted = int(tokenizer.tokenize(text).ids[-1])

    def script(ids: IntArray) -> Logits:
        start, end = np.zeros((2, len(ids)), np.float32)
        (places,) = np.nonzero(ids == wanted)
        place = int(places[-1]) if len(places) else 0
        start[place] = end[place + 1 if place else 0] = energy
        return Logits(start, end)

    return ScriptedModel(script)


def reader(tokenizer: Tokenizer, model: ScriptedModel) -> Reader:
    return Reader(tokenizer, model, EndLabel.EXCLUSIVE)


SHOPS = (
    paragraph("店", "駅前の店は苺を売る。", ("駅前の店は何を売りますか", "苺")),
    paragraph("店", "橋の店は魚を売る。", ("橋の店は何を売りますか", "魚"), ("橋の店の主人は誰ですか", "")),
    paragraph("店", "角の店は閉まった。"),
)


def test_answers_are_scored_against_their_own_question(tokenizer: Tokenizer) -> None:
    outcomes = score_outcomes(SHOPS, reader(tokenizer, favour(tokenizer, "苺")).answer(as_asked(SHOPS)))
    assert outcomes[0].answer == "苺"
    assert [outcome.exact_match for outcome in outcomes] == [1.0, 0.0, 0.0]
    assert overall(outcomes).exact_match == pytest.approx(1 / 3)
    # Where no answer is likelier than any span, it counts: right for the last question.
    assert with_refusals(outcomes).exact_match == pytest.approx(2 / 3)


def test_every_group_of_questions_counts_each_question_once(tokenizer: Tokenizer) -> None:
    outcomes = score_outcomes(TOWN, reader(tokenizer, ScriptedModel(rough)).answer(as_asked(TOWN)))
    counts: dict[str, int] = {}
    for row in rows(outcomes):
        counts[row.group] = counts.get(row.group, 0) + row.count
    assert set(counts) == {"question", "answer length", "context length"}
    assert set(counts.values()) == {len(outcomes)}


def test_a_sample_keeps_questions_with_their_contexts() -> None:
    everything, some = sample(TOWN, None), sample(TOWN, 4)
    assert everything == list(TOWN)
    assert sum(len(p.questions) for p in some) == 4
    assert some == sample(TOWN, 4)
    assert all(set(p.questions) <= set(next(o for o in TOWN if o.context == p.context).questions) for p in some)


def test_the_cards_labels_are_those_of_its_author(tokenizer: Tokenizer) -> None:
    context = "駅前の店は苺を売る。"
    tokens = tokenizer.tokenize(context)
    (window,) = make_windows(tokenizer.tokenize("何を売りますか").ids, tokens, 128, 0)
    for first in range(len(tokens)):
        start = int(tokens.starts[first])
        if start == int(tokens.starts[-1]) or start in tokens.starts[first + 1 :]:
            continue
        for last in range(first, len(tokens)):
            found = author_label(tokens, window, start, int(tokens.ends[last]))
            # The token after the answer; at the end of the context, the answer's own last token.
            assert found == (window.first + first, window.first + min(last + 1, len(tokens) - 1))


def test_positions_are_scored_as_the_card_decodes(tokenizer: Tokenizer) -> None:
    found = reader(tokenizer, favour(tokenizer, "苺"))
    score = score_positions(SHOPS, found.compute(as_asked(SHOPS)))
    assert score.count == 2  # the card has no questions without answers
    assert score.exact_match == 0.5


@pytest.mark.parametrize(
    ("positives", "negatives", "expected"),
    [
        ([3.0, 2.0], [1.0, 0.0], 1.0),
        ([1.0, 0.0], [3.0, 2.0], 0.0),
        ([2.0, 0.0], [1.0], 0.5),
        ([1.0, 1.0], [1.0, 1.0], 0.5),
        ([2.0, 1.0], [1.0, 0.0], 0.875),
        ([], [1.0], 0.5),
    ],
)
def test_the_area_under_the_curve_is_the_share_of_pairs_in_order(
    positives: list[float], negatives: list[float], expected: float
) -> None:
    assert auroc(positives, negatives) == pytest.approx(expected)


def test_exchanged_paragraphs_lack_the_answer_and_are_of_the_same_title_where_they_can_be() -> None:
    found = draw_exchanges(TOWN, 2, 100, seed=1)
    assert len(found) == sum(len(p.questions) for p in TOWN)
    assert found == draw_exchanges(TOWN, 2, 100, seed=1)
    for exchange in found:
        assert len(exchange.others) == 2
        assert exchange.near == (exchange.paragraph.title == "青橋町")
        assert exchange.paragraph.context not in [other.context for other in exchange.others]
        for answer in exchange.question.answers:
            assert not any(answer.text in other.context for other in exchange.others)
        if exchange.near:
            assert {other.title for other in exchange.others} == {"青橋町"}


def test_paragraphs_without_titles_are_strangers_to_each_other() -> None:
    nameless = [Paragraph("", p.context, p.questions) for p in TOWN]
    found = draw_exchanges(nameless, 2, 100, seed=1)
    assert len(found) == sum(len(p.questions) for p in TOWN)
    assert not any(exchange.near for exchange in found)


def test_no_exchange_is_made_where_too_few_paragraphs_lack_the_answer() -> None:
    assert draw_exchanges(TOWN[:1], 1, 100, seed=1) == []


def knowing(tokenizer: Tokenizer, loudness: float = 0.0) -> Reader:
    """A reader that knows the answers of SHOPS and nothing else, and is so much louder where it knows nothing."""
    known = {int(tokenizer.tokenize(text).ids[-1]) for text in ("苺", "魚")}

    def script(ids: IntArray) -> Logits:
        start, end = np.zeros((2, len(ids)), np.float32)
        place = next((i for i in range(len(ids)) if int(ids[i]) in known), 0)
        start[place] = end[place + 1 if place else 0] = 20.0
        return Logits(start, end) if place else Logits(start + loudness, end + loudness)

    return reader(tokenizer, ScriptedModel(script))


STRANGE: tuple[Paragraph, ...] = tuple(
    paragraph("店", f"{place}の店は{state}。")
    for place, state in (("角", "閉まった"), ("坂", "古い"), ("港", "遠い"), ("丘", "高い"))
)


def test_a_model_that_knows_recognises_no_answer_and_the_right_paragraph(tokenizer: Tokenizer) -> None:
    given = [SHOPS[0], *STRANGE]
    model = knowing(tokenizer)
    exchanges = draw_exchanges(given, 1, 10, seed=1)
    none = measure_no_answer(exchanges, *answer_exchanges(model, exchanges))
    assert (none.pairs, none.same_title, none.by_no_answer_score, none.by_score) == (1, 1, 1.0, 1.0)
    ranking = measure_ranking(model, draw_exchanges(given, 4, 10, seed=1), seed=1)
    assert (ranking.questions, ranking.paragraphs, ranking.right_first, ranking.exact_match) == (1, 5, 1.0, 1.0)


def test_relative_energies_are_preferred_only_if_they_rank_better(tokenizer: Tokenizer) -> None:
    exchanges = draw_exchanges([SHOPS[0], *STRANGE], 4, 10, seed=1)
    assert not prefers_relative_energies(knowing(tokenizer), exchanges, seed=1)  # it is right in any case
    assert prefers_relative_energies(knowing(tokenizer, 50.0), exchanges, seed=1)


def test_a_model_that_knows_nothing_cannot_tell(tokenizer: Tokenizer) -> None:
    none = measure_no_answer([], *answer_exchanges(reader(tokenizer, ScriptedModel(flat)), []))
    assert (none.pairs, none.by_no_answer_score) == (0, 0.5)


def test_a_score_that_is_always_right_about_itself_has_no_error() -> None:
    found = calibration([0.75] * 4 + [0.25] * 4, [1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0], 1.0)
    assert found.error == 0.0
    assert [(b.low, b.count, b.exact_match) for b in found.bins] == [(0.2, 4, 0.25), (0.7, 4, 0.75)]


def test_confidence_without_success_is_all_error() -> None:
    found = calibration([1.0, 1.0], [0.0, 0.0], 1.0)
    assert found.error == 1.0
    assert [b.count for b in found.bins] == [2]
    assert math.isfinite(found.log_loss)


def test_log_loss_is_lowest_for_the_true_share() -> None:
    right = [1.0, 1.0, 1.0, 0.0]
    assert log_loss([0.75] * 4, right) == pytest.approx(-(3 * math.log(0.75) + math.log(0.25)) / 4)
    assert log_loss([0.75] * 4, right) < min(log_loss([0.6] * 4, right), log_loss([0.9] * 4, right))


def test_the_temperature_that_scaled_the_scores_is_recovered() -> None:
    rng = np.random.default_rng(1)
    margins = rng.normal(1.0, 2.0, 4000)
    right = (rng.random(4000) < 1 / (1 + np.exp(-margins))).astype(float).tolist()
    overconfident = margins * 2.5

    def scores_at(temperature: float) -> list[float]:
        return list((1 / (1 + np.exp(-overconfident / temperature))).tolist())

    assert fit_temperature(scores_at, right) == pytest.approx(2.5, rel=0.1)


def test_what_is_stored_is_read_by_the_server(own_checkpoint: Path) -> None:
    before = json.loads((own_checkpoint / "config.json").read_text("utf-8"))
    fitted = Fitted(
        1.234, PlattScaling(0.6, -0.5), Thresholds(0.8, 0.3), 0.5, relative_energies=True, phrase_weight=0.75
    )
    store_calibration(own_checkpoint, EndLabel.EXCLUSIVE, fitted)
    opened = open_checkpoint(own_checkpoint)
    assert (opened.end_label, opened.fitted) == (EndLabel.EXCLUSIVE, fitted)
    after = json.loads((own_checkpoint / "config.json").read_text("utf-8"))
    assert after.pop("luke_qa")["temperature"] == 1.234
    before.pop("luke_qa")
    assert after == before


def test_the_reader_answers_from_several_contexts_together(tokenizer: Tokenizer) -> None:
    contexts = tuple(p.context for p in (STRANGE[0], SHOPS[1]))
    ((answers,),) = knowing(tokenizer).answer([Asked(("何を売りますか",), contexts)])
    assert (answers.spans[0].answer, answers.spans[0].document) == ("魚", 1)


def test_unknown_tokens_and_answers_that_cut_tokens_are_counted(tokenizer: Tokenizer) -> None:
    context = "青橋町の図書館は大きい。🧿"
    tokens = tokenizer.tokenize(context)
    long = int(np.argmax((tokens.ends - tokens.starts)[1:])) + 1
    whole = context[tokens.starts[long] : tokens.ends[long]]
    given = [paragraph("", context, ("どこですか", whole), ("何ですか", whole[:-1]))]
    fit = measure_tokens(given, reader(tokenizer, ScriptedModel(flat)).compute(as_asked(given)))
    assert (fit.tokens, fit.answers, fit.aligned) == (len(tokens), 2, 0.5)
    assert fit.unknown * fit.tokens == pytest.approx(1)


def test_lexical_overlap_finds_the_phrase_near_the_questions_words() -> None:
    context = "青橋町の市場は1921年に開かれた。町の図書館は1978年に完成した。"
    assert LexicalOverlap().answer("図書館が完成したのはいつ", context) == "1978年"
    assert LexicalOverlap().answer("市場が開かれたのはいつ", context) == "1921年"


def test_both_baselines_have_a_row(tokenizer: Tokenizer) -> None:
    outcomes = score_outcomes(TOWN, reader(tokenizer, ScriptedModel(rough)).answer(as_asked(TOWN)))
    guessed, overlap = baseline_rows(outcomes)
    assert (guessed.label, guessed.count) == ("random span", len(outcomes))
    assert overlap.f1 > guessed.f1
