"""The command, as a reader runs it."""

import shlex

import numpy as np
import pytest

from bench.capacity.__main__ import main
from bench.capacity.measuring import compare, describe
from bench.capacity.times import ServiceTimes
from bench.load import Sample
from ops.layout import ROOT
from tests.support.documents import Block, assert_shown, read_blocks

GIVEN = ("--tokens", "100", "--token-ms", "0.2", "--p99", "0.2")


def test_a_plan_names_replicas_price_and_what_is_scarce(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--rate", "100", *GIVEN]) == 0
    printed = capsys.readouterr().out
    assert "100 questions a second of 100 tokens: 3 replicas of 1 worker" in printed
    assert "core-hours for a million questions: 8.33" in printed
    assert "proxies: 1" in printed
    assert "image pulls" in printed


def test_a_table_has_a_line_for_each_number_of_replicas(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["table", "--replicas", "1", "4", *GIVEN]) == 0
    rows = [line.split("|")[1].strip() for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    assert rows == ["replicas", "1", "4"]


def test_gpus_have_a_price_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--rate", "100", *GIVEN, "--gpus", "1", "--batch-size", "16", "--delay-ms", "5"]) == 0
    assert "GPU-hours" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plan", "--rate", "100", "--tokens", "100", "--token-ms", "5", "--p99", "0.2"], "No number of replicas"),
        (["plan", "--rate", "100", "--tokens", "100", "--times", "none.json", "--p99", "0.2"], "none.json"),
    ],
)
def test_what_cannot_be_planned_is_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    printed = capsys.readouterr().err
    assert said in printed
    assert printed.count("\n") == 1


@pytest.mark.parametrize("wrong", [("--assume", "speed=3"), ("--assume", "start=0"), ("--rate", "0")])
def test_a_wrong_figure_is_named(wrong: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["plan", "--rate", "1", *GIVEN, *wrong])
    assert wrong[0] in capsys.readouterr().err


def test_measured_and_simulated_stand_beside_each_other() -> None:
    samples = [Sample(float(due), 0.2, 200, b"") for due in range(9)] + [Sample(9.0, 9.0, 503, b"")]
    due, tokens = [sample.due for sample in samples], np.full(10, 100.0)
    row = compare(1, 0.5, samples, due, tokens, ServiceTimes(token=0.001, outside=0.01))
    assert row.measured == pytest.approx((200, 200, 200))
    assert row.simulated == pytest.approx((110, 110, 110))
    assert (row.questions, row.failed) == (10, 1)
    assert describe(row).endswith("p99 simulated / measured 0.55")


PAGE = [block for block in read_blocks(ROOT / "docs" / "capacity.md") if block.language == "console"]


@pytest.mark.parametrize("block", PAGE, ids=lambda block: block.place)
def test_the_page_shows_what_the_command_prints(block: Block, capsys: pytest.CaptureFixture[str]) -> None:
    session, _, shown = block.code.rpartition("$ ")[2].partition("\n")
    assert session.startswith("python -m bench.capacity ")
    main(shlex.split(session)[3:])
    printed = capsys.readouterr()
    assert_shown(shown, printed.out + printed.err, block.place)
