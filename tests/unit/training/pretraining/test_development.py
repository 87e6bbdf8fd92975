"""Development figures of a pretraining run."""

from pathlib import Path

import pytest
import torch

from ops.reader import Reader
from tests.support.checkpoints import EMBEDDED
from tests.support.paragraphs import TOWN, paragraph, write_jsonl
from training.data.encoding import Encoder
from training.evaluation.outcomes import as_asked, overall, score_outcomes
from training.network.network import Network, NetworkConfig
from training.network.warm_start import start_from
from training.pretraining.development import evaluate, load_items

TOKENIZER = EMBEDDED / "sentencepiece.bpe.model"
LONG = paragraph("岬", "岬の道は長い。" * 120 + "灯台は石で造られている。", ("灯台は何で造られていますか", "石"))


def test_the_figures_are_those_of_the_served_checkpoint(tmp_path: Path) -> None:
    encoder, paragraphs = Encoder(TOKENIZER), [*TOWN, LONG]
    network = Network(NetworkConfig(encoder.vocab_size, layers=4))
    start_from(EMBEDDED, network, TOKENIZER)
    items = load_items(write_jsonl(tmp_path / "town.jsonl", paragraphs), encoder.tokenizer, 0)
    assert max(len(item.windows) for item in items) > 1
    found = evaluate(network.train(), items, torch.device("cpu"), bf16=False)
    assert network.training
    answers = Reader.open(EMBEDDED, "cpu", "float32").answer(as_asked(paragraphs))
    served = overall(score_outcomes(paragraphs, answers))
    assert (found.count, found.exact_match) == (served.count, served.exact_match)
    assert found.f1 == pytest.approx(served.f1)
    assert found.exact_match > 0


def test_a_limit_draws_the_same_questions_each_time(tmp_path: Path) -> None:
    file, tokenizer = write_jsonl(tmp_path / "town.jsonl", TOWN), Encoder(TOKENIZER).tokenizer
    some = load_items(file, tokenizer, 3)
    assert [item.golds for item in some] == [item.golds for item in load_items(file, tokenizer, 3)]
    assert len(some) == 3
