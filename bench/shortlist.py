"""Answers from long texts and many documents, by how many windows are read: the curve, and the speed.

    python -m bench.shortlist --checkpoint checkpoints/embedded --data a.jsonl b.jsonl --output curve.json --work DIR

The paragraphs of each question set are joined into texts, or stand beside each other as documents. Every window of a
question is computed once; each row of the curve decodes a part of them. ``--work`` keeps what was computed, so another
run continues, also with other rankings or weights, and ``training.fit_prior`` shares it. Set MALLOC_MMAP_THRESHOLD_ and
MALLOC_TRIM_THRESHOLD_ to 1000000: else glibc keeps the memory of long passes, 17 GB in the end.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from bench.output import save
from bench.plots import shortlist_curve
from bench.timing import take_turns
from luke_qa.engine import Engine
from luke_qa.errors import RequestError
from luke_qa.query import Answers
from luke_qa.settings import Settings
from luke_qa_client.evaluation import reliability
from ops.reader import Reader
from training.data.qa_data import Paragraph, read_questions
from training.evaluation.long_texts import LongCase, document_cases, joined_cases
from training.evaluation.no_answer import auroc
from training.evaluation.read_windows import ReadCase, case_query, logits_folder
from training.evaluation.shortlist import engine_with, score

COUNTS = (None, 32, 16, 8, 4, 2, 1)  # windows that are read at most; None: all, which are computed first
UNANSWERABLE, UNANSWERED = 20_000, 20  # the size of the texts, and how many questions, for "no answer"


@dataclass(frozen=True, slots=True)
class Setting:
    """Texts of one size: how many questions are asked, and how many of the tenth that shares least."""

    name: str
    size: int
    questions: int
    hard: int

    def cases(self, paragraphs: Sequence[Paragraph]) -> list[LongCase]:
        return document_cases(paragraphs, self.size) if self.size < 1000 else joined_cases(paragraphs, self.size)


SETTINGS = (
    Setting("5,000 characters", 5_000, 200, 100),
    Setting("20,000 characters", 20_000, 200, 100),
    Setting("64 documents", 64, 200, 100),
    Setting("190,000 characters", 190_000, 30, 30),
)


@dataclass(frozen=True, slots=True)
class Row:
    """Rates in percent. ``max_windows``: None is all. ``prior``: whether ranks count. ``read``: windows on average."""

    data: str
    texts: str
    questions: int
    asked: str
    windows: float
    max_windows: int | None
    prior: bool
    read: float
    exact_match: float
    f1: float
    calibration_error: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, nargs="+", help="question sets")
    parser.add_argument("--work", type=Path, required=True, help="directory for what was read")
    parser.add_argument("--texts", type=int, nargs="+", help="their sizes; default: all of the settings")
    parser.add_argument("--questions", type=int, help="most questions of each kind")
    parser.add_argument("--dtype", default="auto", help="of the model")
    parser.add_argument("--turns", type=int, default=3, help="alternations of the measurement of speed")
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    reader = Reader.open(arguments.checkpoint, "cpu", arguments.dtype)
    with_prior = reader.engine()
    engines = {True: with_prior, False: engine_with(reader, 0.0)}
    folder = logits_folder(arguments.work, arguments.checkpoint, arguments.dtype)
    rows, no_answer = list[Row](), list[dict[str, object]]()
    settings = [setting for setting in SETTINGS if arguments.texts is None or setting.size in arguments.texts]
    for data in arguments.data:
        paragraphs = read_questions(data)
        for setting in settings:
            cases = setting.cases(paragraphs)
            chosen = {"all": cases[: setting.questions], "least shared": hardest(cases)[: setting.hard]}
            for asked, of_kind in chosen.items():
                read = [ReadCase(case, folder) for case in of_kind[: arguments.questions]]
                for row in measure(engines, read, data.stem, setting.name, asked):
                    print(row, flush=True)
                    rows.append(row)
                if asked == "all" and setting.size == UNANSWERABLE:
                    found = measure_no_answer(engines, read[:UNANSWERED], folder)
                    no_answer.append({"data": data.stem, **found})
                    print(no_answer[-1], flush=True)
    speed = [measure_speed(with_prior, setting, paragraphs, arguments.turns) for setting in settings if arguments.turns]
    print(speed, flush=True)
    report = {"rows": [asdict(row) for row in rows], "no_answer": no_answer, "speed": speed}
    save(report, arguments.output)
    if arguments.output:
        shortlist_curve(report, arguments.output.with_suffix(".png"))
    return 0


def hardest(cases: Sequence[LongCase]) -> list[LongCase]:
    """Return the tenth of the cases whose questions share least with their paragraphs, in their order."""
    limit = float(np.quantile([case.shared for case in cases], 0.1))
    return [case for case in cases if case.shared <= limit]


def measure(
    engines: Mapping[bool, Engine], read: Sequence[ReadCase], data: str, texts: str, asked: str
) -> Iterator[Row]:
    """Yield a row for each number of windows, without the prior and with it."""
    for count in COUNTS:
        for prior in (False, True) if count else (False,):
            found = [item.answer(engines[prior], count) for item in read]
            scores = [score(answers, item.case) for answers, item in zip(found, read, strict=True)]
            exact, partly = 100 * np.mean(scores, axis=0)
            error = reliability([answers.spans[0].score for answers in found], [right for right, _ in scores]).error
            windows = float(np.mean([answers.windows.of for answers in found]))
            on_average = float(np.mean([answers.windows.read for answers in found]))
            yield Row(
                data, texts, len(read), asked, windows, count, prior, on_average, float(exact), float(partly), error
            )


def measure_no_answer(engines: Mapping[bool, Engine], read: Sequence[ReadCase], folder: Path) -> dict[str, object]:
    """Return the area under the ROC curve of no_answer_score: texts without the paragraph against those with it."""
    count = default_windows()
    rest = [ReadCase(item.case.without_paragraph(), folder) for item in read]
    found: dict[str, object] = {"questions": len(read), "read": count}
    for prior, engine in engines.items():
        unanswerable = [item.answer(engine, count).no_answer_score for item in rest]
        answerable = [item.answer(engine, count).no_answer_score for item in read]
        found["with prior" if prior else "without prior"] = auroc(unanswerable, answerable)
    return found


def measure_speed(engine: Engine, setting: Setting, paragraphs: Sequence[Paragraph], turns: int) -> dict[str, object]:
    """Return how many times as fast a question is with the default number of windows as with all, turn by turn."""
    case = setting.cases(paragraphs)[0]
    default = default_windows()
    ways: dict[str, Callable[[], object]] = {
        "all": partial(_whole_way, engine, case, None),
        "default": partial(_whole_way, engine, case, default),
    }
    times = take_turns(ways, turns, torch.device("cpu"))
    return {
        "texts": setting.name,
        "read": default,
        "turns": turns,
        "times_as_fast": times["default"].times_faster_than(times["all"]),
        "spread": {name: found.spread for name, found in times.items()},
    }


def default_windows() -> int | None:
    """Return the server's default; None for all."""
    default = Settings().max_windows
    return None if default == "all" else default


def _whole_way(engine: Engine, case: LongCase, max_windows: int | None) -> list[Answers]:
    prepared = engine.prepare(case_query(engine, case, max_windows))
    (logits,) = engine.compute([prepared])
    assert not isinstance(logits, RequestError)
    return list(engine.decode(prepared, logits))


if __name__ == "__main__":
    sys.exit(main())
