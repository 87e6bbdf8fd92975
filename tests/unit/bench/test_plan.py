"""What `make bench` runs, in which order, without running it."""

import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

import bench.__main__ as command
from bench.__main__ import Inputs, main, plan
from bench.report import SECTIONS

INPUTS = Inputs(Path("my data.jsonl"), Path("q.jsonl"), Path("mine"), Path("work"))
RESULTS = Path("results")


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that were run, by name; nothing is run."""
    ran: list[list[str]] = []
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(command, "run", lambda arguments: ran.append([*arguments]))
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".work").mkdir()
    (tmp_path / "my data.jsonl").write_text("{}")
    (tmp_path / "q.jsonl").write_text("".join(f"{number}\n" for number in range(30)))
    return ran


def test_backends_come_first_then_answers_the_server_and_its_peers() -> None:
    modules = [measurement.module for measurement in plan(INPUTS)]
    assert list(dict.fromkeys(modules)) == [
        *("forward", "profile", "agreement", "served", "cold_start", "loadgen", "compare")
    ]
    assert len(modules) == 13


def test_every_measurement_is_a_module_with_a_report_of_its_own_that_is_rendered() -> None:
    outputs = set()
    for measurement in plan(INPUTS):
        *_, flag, output = measurement.command(RESULTS)
        assert flag == "--output"
        assert find_spec(f"bench.{measurement.module}") is not None
        assert Path(output).parent == RESULTS
        assert any(Path(output).name.startswith(kind) for kind in SECTIONS)
        outputs.add(output)
    assert len(outputs) == len(plan(INPUTS))


def test_files_go_where_they_are_used() -> None:
    found = {m.name or m.module: m.command(RESULTS)[1:-2] for m in plan(INPUTS)}
    assert found["agreement"] == [
        *("bench.agreement", "--checkpoint", "mine", "--data", "my data.jsonl", "--limit", "250", "--int8", "q.jsonl")
    ]
    assert found["served-openvino"] == [
        *("bench.served", "--checkpoint", "work/real", "--backend", "openvino", "--set", "handler.dtype=bfloat16")
    ]
    assert found["compare-embedded"][2] == "mine"
    assert "work/int8-sample.jsonl" in found["compare-real"]


def test_the_command_prepares_measures_and_reports(commands: list[list[str]], tmp_path: Path) -> None:
    assert main(["--data", "my data.jsonl", "--int8", "q.jsonl"]) == 0
    modules = [arguments[1] for arguments in commands]
    assert modules[0] == "bench.real"
    assert modules[-1] == "bench.report"
    assert len(modules) == len(plan(INPUTS)) + 2
    assert (tmp_path / ".work" / "int8-sample.jsonl").read_text().split() == [str(number) for number in range(16)]


def test_a_missing_question_set_ends_it_before_anything_runs(commands: list[list[str]]) -> None:
    with pytest.raises(SystemExit):
        main(["--data", "nowhere.jsonl", "--int8", "q.jsonl"])
    assert commands == []


def test_a_failed_measurement_ends_it_with_its_command(
    commands: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(arguments: Sequence[str]) -> None:
        commands.append([*arguments])
        if "bench.profile" in arguments:
            raise subprocess.CalledProcessError(1, ["python", *arguments])

    monkeypatch.setattr(command, "run", run)
    assert main(["--data", "my data.jsonl", "--int8", "q.jsonl"]) == 1
    assert [arguments[1] for arguments in commands] == [f"bench.{n}" for n in ("real", "forward", "forward", "profile")]
    assert "The benchmark stopped: `python -m bench.profile --output" in capsys.readouterr().err
