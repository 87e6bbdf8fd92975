from pathlib import Path

import pytest

from luke_qa.tokenizer import Tokenizer
from tests.support.checkpoints import GOLDEN
from tests.support.texts import Case, read_cases

SHARED = Path(__file__).parents[3] / "shared" / "golden"


def mismatches(directory: Path) -> tuple[list[Case], int]:
    tokenizer = Tokenizer.from_file(directory / "sentencepiece.bpe.model")
    cases = read_cases((directory / "tokenizer_cases.jsonl").read_text(encoding="utf-8"))
    return [case for case in cases if tokenizer.tokenize(case["text"]).ids.tolist() != case["input_ids"]], len(cases)


def test_ids_equal_the_recorded_ones_of_transformers() -> None:
    wrong, count = mismatches(GOLDEN)
    assert wrong == []
    assert count > 300


@pytest.mark.skipif(not SHARED.is_dir(), reason="the larger golden set is not here")
def test_ids_equal_those_of_the_larger_golden_set() -> None:
    wrong, count = mismatches(SHARED)
    assert wrong == []
    assert count > 2000


@pytest.mark.slow
def test_the_golden_files_are_what_their_script_makes(tmp_path: Path) -> None:
    from tests.golden.make_golden import CASES_FILE, MODEL_FILE, main

    main(tmp_path)
    for name in (MODEL_FILE, CASES_FILE):
        assert (tmp_path / name).read_bytes() == (GOLDEN / name).read_bytes(), name
