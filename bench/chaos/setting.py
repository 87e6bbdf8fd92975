"""Instances with their archives, started as a row or a soak wants them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

from bench.chaos.callers import Question
from bench.chaos.clock import make_clock
from bench.chaos.place import BATCH, COLLECTING, WORKERS, Archives, Setting
from bench.chaos.stage import Stage, open_stages
from bench.setting import configured
from bench.texts import Pair, draw_pairs
from luke_qa.checkpoint import open_checkpoint
from luke_qa.tokenizer import Tokenizer
from ops.archive import build_archive
from ops.layout import MODEL_NAME

CHECKPOINT = Path("checkpoints/embedded")


def draw_questions(count: int) -> list[Pair]:
    """Draw short questions, the same ones every time."""
    return draw_pairs(count, Tokenizer.from_file(open_checkpoint(CHECKPOINT).tokenizer_file), 1)


@contextmanager
def open_setting(directory: Path, setting: Setting, instances: int) -> Iterator[tuple[Stage, ...]]:
    """Build the archives and start the instances; one is enough for what is not as shipped."""
    batches = [f"batchSize={BATCH}", f"maxBatchDelay={COLLECTING}"] if setting is Setting.BATCHES else []
    archives = build_archives(directory, batches)
    if setting is not Setting.SHIPPED:
        instances = 1
    slots = 2 * WORKERS * BATCH if setting is Setting.BATCHES else None
    clock = make_clock(directory / "clock") if setting is Setting.CLOCK else None
    with open_stages(directory, archives, instances, slots, clock) as stages:
        yield stages


def build_archives(directory: Path, more: Sequence[str] = ()) -> Archives:
    """Build the archives, each for two workers, with more changes of model-config.yaml."""
    archives = Archives(*(directory / f"{MODEL_NAME}{name}.mar" for name in ("", "-second", "-broken")))
    for archive, change in (
        (archives.first, []),
        (archives.second, ["jobQueueSize=101"]),
        (archives.broken, ["handler.max_seq_len=4096"]),
    ):
        changes = [f"minWorkers={WORKERS}", f"maxWorkers={WORKERS}", *more, *change]
        build_archive(CHECKPOINT, None, archive, model_config=configured(changes))
    return archives


def ask_undisturbed(stage: Stage, pairs: Sequence[Pair]) -> list[Question]:
    """The answers of a server that nothing disturbs."""
    questions = []
    for pair in pairs:
        reply = requests.post(
            stage.victim.url, data=pair.body(), headers={"Content-Type": "application/json"}, timeout=60
        )
        reply.raise_for_status()
        questions.append(Question(pair.question, pair.context, (reply.json()["answer"], reply.json()["start"])))
    return questions
