"""Resuming: after any interruption, the next run makes the same output as an uninterrupted one."""

import json
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luke_qa_client import Answer
from luke_qa_client._batch import journal as journal_module
from luke_qa_client._batch.asking import Result
from luke_qa_client._batch.csv_table import CsvSink
from luke_qa_client._batch.formats import Sink
from luke_qa_client._batch.journal import Journal, JournalError
from luke_qa_client._batch.json_lines import JsonLinesSink
from luke_qa_client._batch.parquet import ParquetSink
from luke_qa_client._batch.rows import read_row, row_error

COLUMNS = ("question", "context")
SINKS: dict[str, Callable[[], Sink]] = {
    "jsonl": JsonLinesSink,
    "csv": lambda: CsvSink(COLUMNS),
    "parquet": lambda: ParquetSink(None, COLUMNS),
}


def result(number: int, answered: bool = True) -> Result:
    row = read_row(number + 1, number + 1, {"question": f"何{number}", "context": "苺\n。"})
    if not answered:
        return row, row_error("It is bad.")
    return row, Answer("苺", number / 7, 0, 1, 0, no_answer_score=0.1, request_id="")


def open_journal(directory: Path, suffix: str = "jsonl", *, force: bool = False, **begun: Any) -> Journal:
    out = directory / f"out.{suffix}"
    return Journal(out, directory / "errors.jsonl", SINKS[suffix](), {"input": "same", **begun}, force=force)


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def state_of(directory: Path, suffix: str = "jsonl") -> Any:
    return json.loads((directory / f"out.{suffix}.state").read_text())


def unbroken(directory: Path, suffix: str, results: Sequence[Result]) -> dict[str, bytes]:
    with open_journal(directory, suffix) as journal:
        journal.commit(results)
        journal.finish()
    return contents(directory)


@given(
    suffix=st.sampled_from(["jsonl", "csv"]),
    answered=st.lists(st.booleans(), max_size=12),
    stops=st.lists(st.integers(0, 12), max_size=4),
    torn=st.binary(max_size=20),
)
def test_a_run_that_is_stopped_anywhere_goes_on_to_the_same_output(
    suffix: str, answered: list[bool], stops: list[int], torn: bytes
) -> None:
    results = [result(number, ok) for number, ok in enumerate(answered)]
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        whole = unbroken(Path(one), suffix, results)
        for stop in sorted(stops):
            with open_journal(Path(other), suffix) as journal:
                journal.commit(results[journal.counts.rows : stop])
            for name in (f"out.{suffix}.part", "errors.jsonl"):  # written but not yet recorded when the run was killed
                if name != "errors.jsonl" or state_of(Path(other), suffix)["errors_begun"]:
                    with (Path(other) / name).open("ab") as file:
                        file.write(torn)
        with open_journal(Path(other), suffix) as journal:
            journal.commit(results[journal.counts.rows :])
            journal.finish()
        assert contents(Path(other)) == whole


@pytest.mark.parametrize("suffix", SINKS)
@pytest.mark.parametrize("at", range(1, 12))
def test_wherever_a_write_fails_nothing_is_lost_or_doubled(
    tmp_path: Path, suffix: str, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = [result(number, number % 3 > 0) for number in range(9)]
    (tmp_path / "whole").mkdir()
    (tmp_path / "broken").mkdir()
    whole = unbroken(tmp_path / "whole", suffix, results)
    steps = iter(range(1, 100))
    with monkeypatch.context() as patch:
        for name in ("write_state", "write_through"):
            patch.setattr(journal_module, name, failing(getattr(journal_module, name), steps, at))
        with pytest.raises(OSError, match="here"):
            by_threes(tmp_path / "broken", suffix, results)
    with open_journal(tmp_path / "broken", suffix) as journal:
        journal.commit(results[journal.counts.rows :])
        journal.finish()
    assert contents(tmp_path / "broken") == whole


def by_threes(directory: Path, suffix: str, results: Sequence[Result]) -> None:
    with open_journal(directory, suffix) as journal:
        for number in range(0, len(results), 3):
            journal.commit(results[number : number + 3])
        journal.finish()


def failing(write: Callable[..., None], steps: Any, at: int) -> Callable[..., None]:
    """`write`, except that the step `at` fails before it or halfway through."""

    def write_or_fail(target: Any, content: Any) -> None:
        if next(steps) == at:
            if isinstance(content, bytes):
                target.write(content[: len(content) // 2])
                target.flush()
            raise OSError("here")
        write(target, content)

    return write_or_fail


def test_an_output_that_was_begun_for_something_else_is_not_gone_on_with(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        journal.commit([result(0)])
    before = contents(tmp_path)
    for begun in ({"input": "other"}, {"no_answer": True}):
        with pytest.raises(JournalError, match=r"belongs to a run with a different input .* start anew with --force"):
            open_journal(tmp_path, **begun)
    with pytest.raises(JournalError, match="belongs to a run with a different input or different options"):
        Journal(tmp_path / "out.jsonl", tmp_path / "other.jsonl", JsonLinesSink(), {"input": "same"})
    assert contents(tmp_path) == before


@pytest.mark.parametrize("failed", [True, False])
def test_a_file_of_that_name_elsewhere_is_not_the_batchs(tmp_path: Path, failed: bool) -> None:
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / "errors.jsonl"
    other.write_text("mine, and longer than any error of this batch is: " + "x" * 1000)
    before = other.read_bytes()
    with open_journal(tmp_path) as journal:
        journal.commit([result(0, answered=not failed)])
    with pytest.raises(JournalError, match="belongs to a run with a different input or different options"):
        Journal(tmp_path / "out.jsonl", other, JsonLinesSink(), {"input": "same"})
    assert other.read_bytes() == before


def test_a_file_that_has_come_where_no_error_has_gone_yet_is_kept(tmp_path: Path) -> None:
    errors = tmp_path / "errors.jsonl"
    with open_journal(tmp_path) as journal:
        journal.commit([result(0)])
        errors.write_text("mine")
        with pytest.raises(JournalError, match=r"errors\.jsonl already exists"):
            journal.commit([result(1, answered=False)])
    with pytest.raises(JournalError, match=r"errors\.jsonl already exists"):
        open_journal(tmp_path)
    assert errors.read_text() == "mine"
    errors.unlink()
    with open_journal(tmp_path) as journal:
        assert journal.counts.rows == 1


@pytest.mark.parametrize("linked", [True, False])
def test_what_is_no_regular_file_takes_no_errors_and_stays(tmp_path: Path, linked: bool) -> None:
    errors, pipe = tmp_path / "errors.jsonl", tmp_path / ("pipe" if linked else "errors.jsonl")
    os.mkfifo(pipe)  # not /dev/null: a bug here would delete it
    if linked:
        errors.symlink_to(pipe)
    with pytest.raises(JournalError, match=r"errors\.jsonl is not a regular file"):
        open_journal(tmp_path)
    assert pipe.is_fifo()
    assert set(tmp_path.iterdir()) == {errors, pipe}


def test_two_runs_do_not_write_one_output(tmp_path: Path) -> None:
    with open_journal(tmp_path), pytest.raises(JournalError, match="Another run is writing"):
        open_journal(tmp_path)


def test_an_output_that_somebody_else_makes_meanwhile_is_kept(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        journal.commit([result(0)])
        (tmp_path / "out.jsonl").write_text("mine")
        with pytest.raises(JournalError, match="already exists"):
            journal.finish()
    assert (tmp_path / "out.jsonl").read_text() == "mine"
    assert (tmp_path / "out.jsonl.part").exists()


@pytest.mark.parametrize("name", ["out.jsonl.part", "errors.jsonl"])
def test_files_that_have_become_shorter_are_not_gone_on_with(tmp_path: Path, name: str) -> None:
    with open_journal(tmp_path) as journal:
        journal.commit([result(0), result(1, answered=False)])
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(JournalError, match="is shorter than"):
        open_journal(tmp_path)


@pytest.mark.parametrize("state", [b"", b"{", b"[]", b'{"counts": {"rows": 1}}'])
def test_a_state_that_is_none_is_not_gone_on_with(tmp_path: Path, state: bytes) -> None:
    (tmp_path / "out.jsonl.state").write_bytes(state)
    with pytest.raises(JournalError, match=r"out\.jsonl\.state is not a valid state file"):
        open_journal(tmp_path)


def test_a_run_that_ended_while_tidying_up_has_made_its_output(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        journal.commit([result(0)])
        whole = (tmp_path / "out.jsonl.part").read_bytes()
        state = json.loads((tmp_path / "out.jsonl.state").read_text())
        journal.finish()
    (tmp_path / "out.jsonl.state").write_text(json.dumps({**state, "complete": True}))
    (tmp_path / "out.jsonl.part").write_bytes(b"left over")
    with pytest.raises(JournalError, match="already exists"):
        open_journal(tmp_path)
    assert contents(tmp_path) == {"out.jsonl": whole}


RESULTS = [result(number, number % 2 > 0) for number in range(4)]


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """Two directories, for a whole run and for one that is interrupted."""
    for name in ("whole", "broken"):
        (tmp_path / name).mkdir()
    return tmp_path / "whole", tmp_path / "broken"


@pytest.mark.parametrize("suffix", SINKS)
def test_a_run_that_replaces_an_output_still_does_when_it_is_resumed(places: tuple[Path, Path], suffix: str) -> None:
    whole, broken = unbroken(places[0], suffix, RESULTS), places[1]
    (broken / f"out.{suffix}").write_text("old")
    with open_journal(broken, suffix, force=True) as journal:
        journal.commit(RESULTS[:3])
    with pytest.raises(JournalError, match="belongs to a run with a different input or different options"):
        open_journal(broken, suffix, input="other")
    assert (broken / f"out.{suffix}").read_text() == "old"
    with open_journal(broken, suffix) as journal:
        assert journal.counts.rows == 3
        journal.commit(RESULTS[3:])
        journal.finish()
    assert contents(broken) == whole


@pytest.mark.parametrize("suffix", SINKS)
def test_a_run_that_ended_before_it_replaced_the_output_only_does_that(
    places: tuple[Path, Path], suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken = unbroken(places[0], suffix, RESULTS), places[1]
    (broken / f"out.{suffix}").write_text("old")
    with open_journal(broken, suffix, force=True) as journal, monkeypatch.context() as patch:
        journal.commit(RESULTS)
        patch.setattr(Path, "replace", failing_at(Path.replace, f"out.{suffix}"))
        with pytest.raises(OSError, match="here"):
            journal.finish()
    assert (state_of(broken, suffix)["complete"], (broken / f"out.{suffix}").read_text()) == (True, "old")
    with open_journal(broken, suffix) as journal:
        assert journal.counts.rows == 4
        journal.finish()
    left = {name: content for name, content in contents(broken).items() if not name.endswith(".whole")}
    assert left == whole


def failing_at(replace: Callable[[Path, Path], Path], name: str) -> Callable[[Path, Path], Path]:
    """`replace`, except that nothing becomes the file of this name."""

    def replace_or_fail(path: Path, target: Path) -> Path:
        if target.name == name:
            raise OSError("here")
        return replace(path, target)

    return replace_or_fail


@pytest.mark.parametrize("suffix", SINKS)
def test_a_run_that_has_replaced_the_output_does_not_do_it_again(places: tuple[Path, Path], suffix: str) -> None:
    whole, broken = unbroken(places[0], suffix, RESULTS), places[1]
    (broken / f"out.{suffix}").write_text("old")
    with open_journal(broken, suffix, force=True) as journal:
        journal.commit(RESULTS)
        state = state_of(broken, suffix)
        journal.finish()
    (broken / f"out.{suffix}.state").write_text(json.dumps({**state, "complete": True}))
    with pytest.raises(JournalError, match="already exists"):
        open_journal(broken, suffix)
    assert contents(broken) == whole


def test_the_state_of_an_older_client_is_gone_on_with(places: tuple[Path, Path]) -> None:
    whole, broken = unbroken(places[0], "jsonl", RESULTS), places[1]
    with open_journal(broken) as journal:
        journal.commit(RESULTS[:2])
    state = state_of(broken)
    del state["replaces"]
    (broken / "out.jsonl.state").write_text(json.dumps(state))
    with open_journal(broken) as journal:
        journal.commit(RESULTS[journal.counts.rows :])
        journal.finish()
    assert contents(broken) == whole
