"""Train a checkpoint from scratch on packed data; the run can be stopped and resumed.

    python -m training.pretraining.pretrain --data packed --work run --out checkpoint --total-minutes 22 --minutes 8

A session ends after ``--minutes``; the same command resumes from the state in ``--work``. Progress through the
schedule is counted in training time over all sessions (``--total-minutes``) or in steps (``--total-steps``). With
``--last``, the schedule ends with this session.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from training.examples.sources import TOKENIZER, load_sources
from training.network.initialise import default, structured
from training.network.meaning import content_embeddings, read_word_vectors
from training.network.network import Network, NetworkConfig
from training.network.warm_start import start_from
from training.pretraining.batches import BatchShape
from training.pretraining.development import load_items
from training.pretraining.mixture import CONTINUATION, PRETRAINING, BatchStream
from training.pretraining.run_state import RunningMean, load_state
from training.pretraining.schedule import Clock
from training.pretraining.trainer import Settings, Trainer


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    add = parser.add_argument
    add("--data", type=Path, required=True, help="packed data (python -m training.data.analyse)")
    add("--work", type=Path, required=True, help="run state and caches")
    add("--out", type=Path, required=True, help="checkpoint directory and curve.jsonl")
    add("--dev", type=Path, action="append", default=[], help="a development set; may be repeated")
    add("--dev-limit", type=int, default=600)
    add("--minutes", type=float, default=0.0, help="length of this session, start-up included; 0: no limit")
    add("--total-minutes", type=float, default=22.0, help="training time over all sessions")
    add("--total-steps", type=int, default=0, help="count progress in steps instead of minutes")
    add("--last", action="store_true", help="end the schedule with this session")
    add("--rows", type=int, default=128 if torch.cuda.is_available() else 8, help="rows of 512 tokens in a batch")
    pool = 1 if torch.cuda.is_available() else 32
    add("--pool", type=int, default=pool, help="batches to sort by length together; 1: packed rows of 512 tokens")
    add("--layers", type=int, default=6 if torch.cuda.is_available() else 4)
    add("--rate", type=float, default=1.2e-3)
    add("--warmup", type=int, default=500)
    add("--mask-share", type=float, default=0.10)
    add("--dropout", type=float, default=0.1)
    add("--average", type=float, default=0.998, help="decay of the running mean of the weights")
    add("--init", choices=("structured", "default"), default="structured")
    add("--vectors", type=Path, help="spaCy's vocab directory with word vectors for the initial embeddings")
    add("--whitening", type=float, default=1.0)
    add("--base", type=Path, help="start from a checkpoint of this pipeline, with the mixture designed for that")
    add("--attention", choices=("auto", "plain", "masked", "varlen"), default="auto")
    add("--compile", action=argparse.BooleanOptionalAction, default=torch.cuda.is_available())
    add("--workers", type=int, default=max(1, (os.cpu_count() or 2) - 2))
    add("--evaluate-every", type=float, default=120.0, help="seconds")
    add("--save-every", type=float, default=100.0, help="seconds")
    add("--report-every", type=float, default=10.0, help="seconds")
    add("--seed", type=int, default=1)
    return parser.parse_args(argv)


def main() -> None:
    began = time.monotonic()
    args = arguments()
    args.work.mkdir(parents=True, exist_ok=True)
    args.out.mkdir(parents=True, exist_ok=True)
    try:
        sources, encoder = load_sources(args.data, args.work, os.cpu_count() or 1)
    except FileNotFoundError as error:
        sys.exit(f"Nothing was trained. {error}")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(args.seed)
    config = NetworkConfig(encoder.vocab_size, layers=args.layers, dropout=args.dropout)
    network = Network(config)
    if args.init == "default":
        default(network)
    else:
        structured(network, _meaning(args, config) if args.vectors else None)
    if args.base:
        try:
            start_from(args.base, network, args.data / TOKENIZER)
        except ValueError as error:
            sys.exit(f"Nothing was trained. {error}")
    network.to(device)
    shards = shard_count(args.rows, torch.get_num_threads()) if device.type == "cpu" else 1
    settings = Settings(
        rate=args.rate,
        warmup=args.warmup,
        attention=args.attention,
        compiled=args.compile,
        evaluate_every=args.evaluate_every,
        save_every=args.save_every,
        report_every=args.report_every,
        deadline=began + args.minutes * 60 if args.minutes else float("inf"),
        shards=shards,
        last=args.last and args.minutes > 0,
    )
    done = torch.zeros(1).share_memory_()  # type: ignore[no-untyped-call]
    mean = RunningMean(network, args.average)
    trainer = Trainer(network, mean, settings, device, args.work, args.out, args.data / TOKENIZER)
    counters = load_state(args.work / "state.pt", network, mean, trainer.optimizer, device)
    total = args.total_minutes * 60
    clock = Clock(args.total_steps, total, counters.seconds)
    shape = BatchShape(args.rows // shards)
    mixture = CONTINUATION if args.base else PRETRAINING
    progress = in_batches(args.total_steps * shards) if args.total_steps else lambda _: float(done)
    stream = BatchStream(sources, mixture, shape, encoder.mask_id, args.mask_share, args.seed, progress, args.pool)
    items = {path.name.split(".")[0]: load_items(path, encoder.tokenizer, args.dev_limit) for path in args.dev}
    print(
        json.dumps(
            {
                "device": str(device),
                "parameters": sum(p.numel() for p in network.parameters()),
                "step": counters.step,
                "start-up seconds": round(time.monotonic() - began, 1),
                "total seconds": round(total, 1),
            }
        ),
        flush=True,
    )
    trainer.run(stream, args.workers, counters, clock, done, items)


def _meaning(args: argparse.Namespace, config: NetworkConfig) -> tuple[Tensor, Tensor]:
    content = config.hidden - config.hidden // config.heads
    words = read_word_vectors(args.vectors)
    return content_embeddings(args.data / TOKENIZER, words, config.vocab_size, content, args.whitening)


def in_batches(total: int) -> Callable[[int], float]:
    """Return the progress at a batch's number: unlike a clock, it makes the same batches whenever they are made."""
    return lambda index: min(1.0, index / total)


def shard_count(rows: int, threads: int) -> int:
    """Return the number of equal parts, of whole rows, to split a batch into: at most one per thread."""
    return next(count for count in range(min(rows, threads), 0, -1) if rows % count == 0)


if __name__ == "__main__":
    main()
