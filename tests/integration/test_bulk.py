"""The bulk job on real Ray clusters of this machine: answers, failures, a killed node, a killed job."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

ray = pytest.importorskip("ray", reason="Ray is not installed: `make setup-bulk`.")

from bulk.cluster import connect  # noqa: E402
from bulk.job import Job, JobError  # noqa: E402
from bulk.record import Record  # noqa: E402
from bulk.run import run  # noqa: E402
from ops.layout import HANDLER, ROOT  # noqa: E402
from tests.support.bulk import SlowEcho  # noqa: E402
from tests.support.checkpoints import EMBEDDED  # noqa: E402
from tests.support.documents import Reader, read_blocks  # noqa: E402

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # Ray's own
    pytest.mark.timeout(600),
]
FOODS = ("りんご", "みかん", "ぶどう")
LONG = "あ" * 2000  # so that a few hundred rows make several blocks


@dataclass(frozen=True)
class TwoNodes:
    cluster: Any
    second: Any


@pytest.fixture
def two_nodes(monkeypatch: pytest.MonkeyPatch) -> Iterator[TwoNodes]:
    """A cluster of two nodes."""
    from ray.cluster_utils import Cluster

    node: dict[str, Any] = {"num_cpus": 2, "object_store_memory": 200 << 20}
    made = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    second = made.add_node(**node)
    monkeypatch.setenv("RAY_ADDRESS", made.address)
    connect()
    yield TwoNodes(made, second)
    ray.shutdown()
    made.shutdown()


@pytest.fixture
def machine() -> Iterator[None]:
    """A cluster of this machine alone, as ``run`` starts it."""
    yield
    ray.shutdown()


def foods(path: Path, count: int) -> Path:
    rows = [
        {"n": n, "question": "好きな食べ物は何ですか", "context": f"好きな食べ物は{FOODS[n % 3]}です。"}
        for n in range(count)
    ]
    return written(path, rows)


def written(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def rows_of(output: Path) -> list[dict[str, object]]:
    return [json.loads(line) for file in output.iterdir() for line in file.read_text("utf-8").splitlines()]


def test_a_table_is_answered_and_its_unusable_rows_say_why(machine: None, tmp_path: Path) -> None:
    source = foods(tmp_path / "in.jsonl", 300)
    with source.open("a", encoding="utf-8") as file:
        file.write('{"n": 300, "question": "", "context": "何もない。"}\n')
    job = Job((str(source),), str(tmp_path / "out"), EMBEDDED, id="n", workers=1)
    counts = dict(run(job))
    assert counts.pop("ok") == 300
    assert sum(counts.values()) == 1
    answered = sorted(rows_of(tmp_path / "out"), key=lambda row: int(str(row["n"])))
    assert [row["answer"] for row in answered] == [*[FOODS[n % 3] for n in range(300)], None]
    assert answered[300]["error"]
    with pytest.raises(JobError, match="complete"):
        run(job)


def test_the_page_shows_what_becomes_of_a_corpus(tmp_path: Path) -> None:
    """In a checkout of links to this one."""
    for name in (".venv", "bulk", "checkpoints", "client", "handler", "ops"):
        (tmp_path / name).symlink_to(ROOT / name)
    sessions = [block for block in read_blocks(ROOT / "docs" / "bulk.md") if block.language == "console"]
    assert sessions
    Reader(tmp_path, "", {}, patience=500).try_all([replace(block, reason=None) for block in sessions])


def test_every_row_is_answered_once_though_a_node_dies(two_nodes: TwoNodes, tmp_path: Path) -> None:
    source = written(tmp_path / "in.jsonl", [{"n": n, "question": f"問{n}", "context": LONG} for n in range(3000)])
    out = tmp_path / "out"
    job = Job((str(source),), str(out), EMBEDDED, id="n", workers=2)

    def kill_a_node() -> None:
        while not out.is_dir() or len(list(out.iterdir())) < 2:
            time.sleep(0.1)
        two_nodes.cluster.remove_node(two_nodes.second, allow_graceful=False)

    with ThreadPoolExecutor(1) as beside:
        killing = beside.submit(kill_a_node)
        assert run(job, SlowEcho) == {"ok": 3000}
        killing.result()
    assert sum(node["Alive"] for node in ray.nodes()) == 1
    answered = sorted((int(str(row["n"])), row["answer"]) for row in rows_of(out))
    assert answered == [(n, f"問{n}") for n in range(3000)]


def test_a_killed_job_goes_on_and_repeats_nothing(machine: None, tmp_path: Path) -> None:
    source = written(tmp_path / "in.jsonl", [{"n": n, "question": f"問{n}", "context": LONG} for n in range(3000)])
    out = tmp_path / "out"
    script = (
        "from pathlib import Path; from bulk.job import Job; from bulk.run import run; "
        "from tests.support.bulk import SlowEcho; "
        f"run(Job(({str(source)!r},), {str(out)!r}, Path('.'), id='n', workers=1), SlowEcho)"
    )
    paths = os.pathsep.join(map(str, (ROOT, HANDLER, ROOT / "client" / "src")))
    killed = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, env={**os.environ, "PYTHONPATH": paths}, start_new_session=True
    )
    while not (out.is_dir() and len(list(out.iterdir())) >= 2):
        assert killed.poll() is None
        time.sleep(0.1)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    before = {row["n"] for row in rows_of(out)}
    assert 0 < len(before) < 3000
    job = Job((str(source),), str(out), Path("."), id="n", workers=1)
    assert run(job, SlowEcho) == {"ok": 3000}
    assert sorted(int(str(row["n"])) for row in rows_of(out)) == list(range(3000))


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_texts_stay_as_written_and_a_job_killed_before_its_record_repeats_nothing(
    machine: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    """The ids are such texts, too: those of the checkpoint and of the table are compared."""
    rows: list[dict[str, object]] = [
        {"day": f"2026-11-{n:02}", "code": f"{n:05}", "rate": "1.50", "question": f"問{n}", "context": LONG}
        for n in range(1, 31)
    ]
    source = tmp_path / f"in{suffix}"
    if suffix == ".csv":
        with source.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    else:
        written(source, rows)
    out = tmp_path / "out"
    job = Job((str(source),), str(out), Path("."), id="day", workers=1)
    with monkeypatch.context() as patched:
        patched.setattr(Record, "finish", die)
        with pytest.raises(KeyboardInterrupt):
            run(job, SlowEcho)
    assert run(job, SlowEcho) == {"ok": 30}
    assert not Path(Record(job).checkpoint).exists()
    answered = list[dict[str, object]]()
    for part in out.iterdir():
        with part.open(encoding="utf-8", newline="") as file:
            answered += csv.DictReader(file) if suffix == ".csv" else map(json.loads, file)
    answered.sort(key=lambda row: str(row["day"]))
    assert [{name: row[name] for name in rows[0]} for row in answered] == rows


def die(record: Record) -> None:
    raise KeyboardInterrupt
