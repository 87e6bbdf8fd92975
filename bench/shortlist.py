"""Answers from long texts and many documents, by how many windows are read: the curve, and the speed.

    python -m bench.shortlist --checkpoint checkpoints/embedded --data a.jsonl b.jsonl --output curve.json --work DIR

The paragraphs of each question set are joined into texts, or stand beside each other as documents. All windows are read
once (of the longest texts, for most questions, only the most promising); every row of the curve decodes a part of them.
``--work`` keeps what was read, so that another run continues.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
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
from training.evaluation.shortlist import ReadCase, answer, case_query, engine_with, read_case, score

COUNTS = (1, 2, 4, 8, 16, 32)
MOST = max(COUNTS)
UNANSWERABLE, UNANSWERED = 20_000, 20  # the size of the texts, and how many questions, for "no answer"


@dataclass(frozen=True, slots=True)
class Setting:
    """Texts of one size: how many questions are asked, and of how many all windows are read."""

    name: str
    size: int
    questions: int
    whole: int

    def cases(self, paragraphs: Sequence[Paragraph]) -> list[LongCase]:
        return document_cases(paragraphs, self.size) if self.size < 1000 else joined_cases(paragraphs, self.size)


SETTINGS = (
    Setting("5,000 characters", 5_000, 60, 60),
    Setting("20,000 characters", 20_000, 60, 60),
    Setting("190,000 characters", 190_000, 30, 0),
    Setting("64 documents", 64, 60, 60),
)


@dataclass(frozen=True, slots=True)
class Row:
    """Rates in percent. ``read``: windows at most (None: all). ``prior``: whether their ranks count."""

    data: str
    texts: str
    questions: int
    asked: str
    windows: float
    read: int | None
    prior: bool
    exact_match: float
    f1: float
    calibration_error: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, nargs="+", help="question sets")
    parser.add_argument("--hard", type=int, default=15, help="questions from the tenth that shares least")
    parser.add_argument("--work", type=Path, required=True, help="directory for what was read")
    parser.add_argument("--texts", type=int, nargs="+", help="their sizes; default: all of the settings")
    parser.add_argument("--questions", type=int, help="questions of each setting, instead of its own number")
    parser.add_argument("--turns", type=int, default=3, help="alternations of the measurement of speed")
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    reader = Reader.open(arguments.checkpoint, "cpu")
    with_prior = engine_with(reader, reader.prior_weight)
    engines = {True: with_prior, False: engine_with(reader, 0.0)}
    rows, no_answer = list[Row](), list[dict[str, object]]()
    settings = [setting for setting in SETTINGS if arguments.texts is None or setting.size in arguments.texts]
    for data in arguments.data:
        paragraphs = read_questions(data)
        for setting in settings:
            cases = setting.cases(paragraphs)
            work = arguments.work / f"{data.stem}-{setting.size}"
            count = arguments.questions or setting.questions
            chosen = {"all": cases[:count], "least shared": hardest(cases)[: arguments.hard]}
            for asked, of_kind in chosen.items():
                if not of_kind:
                    continue
                whole = setting.whole if asked == "all" else arguments.hard if setting.whole else 0
                read = [
                    read_case(with_prior, case, None if number < whole else MOST, work / asked / f"{number:04d}.npz")
                    for number, case in enumerate(of_kind)
                ]
                for row in measure(engines, read, data.stem, setting.name, asked, bool(setting.whole)):
                    print(row, flush=True)
                    rows.append(row)
                if asked == "all" and setting.size == UNANSWERABLE:
                    no_answer.append(
                        {"data": data.stem, **measure_no_answer(engines, read[:UNANSWERED], work / "rest")}
                    )
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
    engines: dict[bool, Engine], read: Sequence[ReadCase], data: str, texts: str, asked: str, with_all: bool
) -> Iterator[Row]:
    """Yield a row for each number of windows, without the prior and with it."""
    for count in (*COUNTS, *((None,) if with_all else ())):
        for prior in (False, True) if count else (False,):
            found = [answer(engines[prior], item, count) for item in read]
            scores = [score(answers, item.case) for answers, item in zip(found, read, strict=True)]
            exact, partly = np.mean(scores, axis=0)
            error = reliability([answers.spans[0].score for answers in found], [right for right, _ in scores]).error
            windows = float(np.mean([answers.windows.of for answers in found]))
            yield Row(
                data, texts, len(read), asked, windows, count, prior, 100 * float(exact), 100 * float(partly), error
            )


def measure_no_answer(engines: dict[bool, Engine], read: Sequence[ReadCase], work: Path) -> dict[str, object]:
    """Return the area under the ROC curve of no_answer_score: texts without the paragraph against those with it."""
    default = Settings().max_windows
    count = MOST if default == "all" else default
    rest = [
        read_case(engines[True], item.case.without_paragraph(), count, work / f"{number:04d}.npz")
        for number, item in enumerate(read)
    ]
    found: dict[str, object] = {"questions": len(read), "read": count}
    for prior, engine in engines.items():
        unanswerable = [answer(engine, item, count).no_answer_score for item in rest]
        answerable = [answer(engine, item, count).no_answer_score for item in read]
        found["with prior" if prior else "without prior"] = auroc(unanswerable, answerable)
    return found


def measure_speed(engine: Engine, setting: Setting, paragraphs: Sequence[Paragraph], turns: int) -> dict[str, object]:
    """Return how many times as fast a question is with the default number of windows as with all, turn by turn."""
    case = setting.cases(paragraphs)[0]
    default = Settings().max_windows
    ways: dict[str, Callable[[], object]] = {
        "all": partial(_whole_way, engine, case, None),
        "default": partial(_whole_way, engine, case, None if default == "all" else default),
    }
    times = take_turns(ways, turns, torch.device("cpu"))
    return {
        "texts": setting.name,
        "read": default,
        "turns": turns,
        "times_as_fast": times["default"].times_faster_than(times["all"]),
        "spread": {name: found.spread for name, found in times.items()},
    }


def _whole_way(engine: Engine, case: LongCase, max_windows: int | None) -> list[Answers]:
    prepared = engine.prepare(case_query(engine, case, max_windows))
    (logits,) = engine.compute([prepared])
    assert not isinstance(logits, RequestError)
    return list(engine.decode(prepared, logits))


if __name__ == "__main__":
    sys.exit(main())
