"""Features for fine-tuning: windows and labels."""

from luke_qa.tokenizer import PAD, Tokenizer
from tests.support.paragraphs import TOWN, paragraph
from training.data.qa_data import Paragraph
from training.finetuning.features import Feature, FeatureReport, collate, make_features


def features(tokenizer: Tokenizer, given: Paragraph, max_seq_len: int = 128, stride: int = 16) -> list[Feature]:
    return make_features([given], tokenizer, max_seq_len, stride, FeatureReport())


def labelled_text(tokenizer: Tokenizer, feature: Feature) -> str:
    return tokenizer.decode(feature.ids[feature.start : feature.end])


def test_the_end_label_is_the_token_after_the_answer(tokenizer: Tokenizer) -> None:
    given = paragraph("", "私の家の隣に苺を売る店がありました。", ("何を売る店ですか", "苺"))
    (feature,) = features(tokenizer, given)
    assert feature.end == feature.start + 1
    assert "苺" in labelled_text(tokenizer, feature)


def test_an_answer_that_ends_the_context_ends_at_the_closing_token(tokenizer: Tokenizer) -> None:
    (feature,) = features(tokenizer, paragraph("", "売るのは苺", ("何を売りますか", "苺")))
    assert feature.end == len(feature.ids) - 1


def test_a_question_without_answers_points_at_the_first_token(tokenizer: Tokenizer) -> None:
    (feature,) = features(tokenizer, paragraph("", "私の家の隣に店がありました。", ("店主は誰ですか", "")))
    assert (feature.start, feature.end) == (0, 0)


def test_only_windows_that_show_the_whole_answer_are_labelled_with_it(tokenizer: Tokenizer) -> None:
    context = "岬の道は長い。" * 12 + "灯台は石で造られている。" + "海は広い。" * 12
    given = paragraph("", context, ("灯台は何で造られていますか", "石"))
    report = FeatureReport()
    found = make_features([given], tokenizer, 64, 16, report)
    labelled = [feature for feature in found if feature.end]
    assert 0 < len(labelled) < len(found)
    assert all("石" in labelled_text(tokenizer, feature) for feature in labelled)
    assert all(len(feature.ids) <= 64 for feature in found)
    assert (report.windows, report.without_answer) == (len(found), len(found) - len(labelled))


def test_a_question_that_leaves_no_room_is_skipped_and_counted(tokenizer: Tokenizer) -> None:
    given = paragraph("", "岬の道は長い。" * 20, ("岬の道はどうですか" * 20, "長い"))
    report = FeatureReport()
    assert make_features([given], tokenizer, 64, 16, report) == []
    assert report.too_long == 1


def test_a_batch_is_padded_and_masked(tokenizer: Tokenizer) -> None:
    found = [feature for given in TOWN for feature in features(tokenizer, given)]
    batch = collate(found)
    lengths = [len(feature.ids) for feature in found]
    assert batch["input_ids"].shape == (len(found), max(lengths))
    assert batch["attention_mask"].sum(1).tolist() == lengths
    assert (batch["input_ids"][batch["attention_mask"] == 0] == PAD).all()
    assert batch["start_positions"].tolist() == [feature.start for feature in found]
