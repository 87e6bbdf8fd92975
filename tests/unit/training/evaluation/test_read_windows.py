"""The cache of logits."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from luke_qa.engine import Engine
from luke_qa.preparation import Prepared
from ops.reader import Reader
from tests.support.paragraphs import TOWN
from training.evaluation.long_texts import LongCase, document_cases
from training.evaluation.read_windows import ReadCase, logits_folder
from training.evaluation.shortlist import engine_with, place_probability


@pytest.fixture
def engine(own_checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An engine that remembers in ``computed`` how many windows it computed."""
    engine = engine_with(Reader.open(own_checkpoint, "cpu"), 0.0)
    compute = engine.compute

    def counted(batch: Sequence[Prepared]) -> object:
        computed.append(sum(len(item.windows) for item in batch))
        return compute(batch)

    computed = list[int]()
    monkeypatch.setattr(engine, "compute", counted)
    monkeypatch.setattr(engine, "computed", computed, raising=False)
    return engine


@pytest.fixture
def case() -> LongCase:
    return document_cases(TOWN, 3)[0]


def test_each_window_is_computed_once_whatever_is_asked(engine: Engine, case: LongCase, tmp_path: Path) -> None:
    read = ReadCase(case, tmp_path)
    first, every = (read.answer(engine, count) for count in (1, None))
    assert engine.computed == [1, 2]  # type: ignore[attr-defined]
    again = ReadCase(case, tmp_path)
    assert [again.answer(engine, count) for count in (1, None)] == [first, every]
    assert ReadCase(case).answer(engine, None) == every
    assert engine.computed == [1, 2, 3]  # type: ignore[attr-defined]


def test_another_checkpoint_or_type_has_a_folder_of_its_own(own_checkpoint: Path, tmp_path: Path) -> None:
    folder = logits_folder(tmp_path, own_checkpoint, "float32")
    assert folder != logits_folder(tmp_path, own_checkpoint, "bfloat16")
    weights = own_checkpoint / "model.safetensors"
    weights.write_bytes(weights.read_bytes() + b" ")
    assert folder != logits_folder(tmp_path, own_checkpoint, "float32")


def test_the_probability_of_the_paragraph_is_that_of_the_spans_in_it(engine: Engine, case: LongCase) -> None:
    answers = ReadCase(case).answer(engine, None, top_k=50)
    inside = sum(span.score for span in answers.spans if span.document == case.document)
    assert place_probability(answers, case) == pytest.approx(inside)
    assert 0 < inside < sum(span.score for span in answers.spans)
