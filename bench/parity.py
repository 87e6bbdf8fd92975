"""Do all servers and protocols give the same answers? The reference is the bare engine.

    python -m bench.parity --data questions.jsonl [--limit 1000] [--output bench/results/DATE/parity.md]

The questions of a data set are asked with the client over HTTP and gRPC of TorchServe, Triton and KServe, and put as a
table to the job on Ray. What is not installed is named and left out. The exit status is 1 if an answer, its place or an
error differs, or a score by more than float noise. The output is Markdown; JSON with the same name is beside it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from bench.bare import open_service
from bench.output import origin
from bench.running import SERVERS, read_config, running
from bench.setting import configured
from bench.texts import Pair
from luke_qa.service import Received, Service
from luke_qa_client import LukeQAClient, LukeQAError
from luke_qa_client.evaluation import question_pairs, read_questions, sample
from ops.archive import build_archive
from ops.errors import OpsError
from ops.layout import MODEL_NAME, ROOT

NOISE: Final = 1e-5  # of a score: the servers' environments have other versions of numpy
BATCH: Final = 16


@dataclass(frozen=True, slots=True)
class Found:
    """An answer with its place and scores, or the type of an error."""

    answer: str | None
    start: int | None
    end: int | None
    score: float | None
    no_answer_score: float | None
    error: str | None = None

    @property
    def place(self) -> tuple[object, ...]:
        return self.answer, self.start, self.end, self.error

    def differs(self, other: "Found") -> float:
        """The largest difference of the scores of two answers."""
        pairs = ((self.score, other.score), (self.no_answer_score, other.no_answer_score))
        return max(abs((one or 0.0) - (another or 0.0)) for one, another in pairs)


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of the questions over one transport, compared with the bare engine."""

    transport: str
    asked: int
    same: int
    errors: int
    largest_difference: float

    @property
    def is_equal(self) -> bool:
        return self.same == self.asked and self.largest_difference <= NOISE


def compare(transport: str, found: Sequence[Found], expected: Sequence[Found]) -> Compared:
    """Compare answers with the expected ones, in the same order."""
    pairs = list(zip(found, expected, strict=True))
    return Compared(
        transport,
        len(pairs),
        sum(one.place == other.place for one, other in pairs),
        sum(one.error is not None for one in found),
        max((one.differs(other) for one, other in pairs), default=0.0),
    )


def of_body(status: int, body: Any) -> Found:
    """Read a reply of the wire."""
    if status != 200:
        return Found(None, None, None, None, None, body["type"])
    return Found(body["answer"], body["start"], body["end"], body["score"], body["no_answer_score"])


def ask_bare(service: Service, pairs: Sequence[Pair]) -> list[Found]:
    """The answers of the engine without a server."""
    found = list[Found]()
    for at in range(0, len(pairs), BATCH):
        batch = [Received({"body": pair.body()}, "") for pair in pairs[at : at + BATCH]]
        found += [of_body(response.code, json.loads(response.body)) for response in service.answer(batch)]
    return found


def ask_server(address: str, pairs: Sequence[Pair]) -> list[Found]:
    """The answers of a server to the client. Each question is a request of its own."""
    found = list[Found]()
    with LukeQAClient(address, timeout=120, total_timeout=600) as client:
        for pair in pairs:
            try:
                answer = client.ask(pair.question, pair.context)
            except LukeQAError as error:
                found.append(Found(None, None, None, None, None, error.type or type(error).__name__))
            else:
                found.append(Found(answer.answer, answer.start, answer.end, answer.score, answer.no_answer_score))
    return found


def ask_bulk(checkpoint: Path, config: dict[str, Any], pairs: Sequence[Pair], scratch: Path) -> list[Found]:
    """The answers of the job on Ray.

    Raises:
        OpsError: the job could not be done, perhaps because Ray is not installed.
    """
    table, output = scratch / "questions.jsonl", scratch / "answers"
    rows = [{"id": number, **asdict(pair)} for number, pair in enumerate(pairs)]
    table.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), "utf-8")
    settings = json.dumps(config.get("handler", {}))
    command = [sys.executable, "-m", "bulk", str(table), f"--output={output}", "--id-column=id", "--workers=1"]
    command += [f"--checkpoint={checkpoint.resolve()}", f"--settings={settings}"]
    done = subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1) or not output.is_dir():
        raise OpsError(f"`python -m bulk` failed: {(done.stderr.strip().splitlines() or ['no reason'])[-1]}")
    answered = [json.loads(line) for file in output.glob("*.json*") for line in file.read_text("utf-8").splitlines()]
    names = ("answer", "start", "end", "score", "no_answer_score")
    answered.sort(key=lambda row: int(row["id"]))
    return [Found(**{name: row.get(name) for name in names}, error=row.get("error_type")) for row in answered]


def compare_all(
    checkpoint: Path, config: dict[str, Any], pairs: Sequence[Pair], scratch: Path, left_out: dict[str, str]
) -> Iterator[Compared]:
    """Compare every transport, and add to ``left_out`` what could not be started."""
    archive = scratch / f"{MODEL_NAME}.mar"
    build_archive(checkpoint, None, archive, model_config=config)
    expected = ask_bare(open_service(*read_config(archive, scratch / "unpacked"), threads=1), pairs)
    for name, make in SERVERS.items():
        try:
            with running(make(archive, scratch / name)) as server:
                for protocol, address in server.addresses.items():
                    yield compare(f"{server.name}, {protocol}", ask_server(address, pairs), expected)
        except OpsError as error:
            left_out[name] = str(error)
    try:
        yield compare("Ray", ask_bulk(checkpoint, config, pairs, scratch), expected)
    except OpsError as error:
        left_out["bulk"] = str(error)


def render(about: dict[str, Any], compared: Sequence[Compared], left_out: dict[str, str]) -> str:
    """Return the page."""
    lines = [
        "# The same answers over every transport",
        "",
        f"{about['date']}, `{about['command']}`. Compared with the bare engine: text, place and error of each answer, "
        f"and the largest difference of a score (up to {NOISE:g} is noise).",
        "",
        "| transport | asked | same | errors | largest difference of a score |",
        "|---|---|---|---|---|",
        *(f"| {c.transport} | {c.asked} | {c.same} | {c.errors} | {c.largest_difference:.1e} |" for c in compared),
        *(f"\nLeft out: {name}. {why}" for name, why in left_out.items()),
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.parity", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="a question set in SQuAD's format")
    parser.add_argument("--limit", type=int, default=1000, help="questions, drawn with a fixed seed")
    parser.add_argument("--checkpoint", type=Path, default=Path("checkpoints/embedded"))
    parser.add_argument("--output", type=Path, help="the table as Markdown")
    given = parser.parse_args()
    asked = question_pairs(sample(read_questions(given.data), given.limit))
    pairs = [Pair(question, str(context)) for question, context in asked]
    compared, left_out = list[Compared](), dict[str, str]()
    config = configured(["minWorkers=1", "maxWorkers=1"])
    with tempfile.TemporaryDirectory(prefix="parity-") as scratch:
        for each in compare_all(given.checkpoint, config, pairs, Path(scratch), left_out):
            compared.append(each)
            print(each, flush=True)
    about = origin()
    page = render(about, compared, left_out)
    print(page)
    if given.output:
        given.output.parent.mkdir(parents=True, exist_ok=True)
        given.output.write_text(page, "utf-8")
        report = {**about, "compared": [asdict(each) for each in compared], "left_out": left_out}
        given.output.with_suffix(".json").write_text(json.dumps(report, indent=1), "utf-8")
    return int(not all(each.is_equal for each in compared))


if __name__ == "__main__":
    sys.exit(main())
