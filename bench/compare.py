"""Compare this server with other ways to serve the checkpoint: the same requests, on the same cores, taking turns.

    python -m bench.compare [--checkpoint checkpoints/embedded] [--int8 questions.jsonl] [--repeats 5] \
        [--requests 200] [--callers 64] [--only card onnx] [--output compare.json]

This server takes part once for each backend and precision, and in int8 if ``--int8`` names a question set for the
graph, as in ``make archive`` (random weights need ``--max-loss inf`` to be accepted). Every peer has its own
environment under ``.work/peers``; a peer that cannot be installed or started is reported with its error. All servers
run throughout, and in each turn every server answers all requests.
"""

import argparse
import asyncio
import os
import signal
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.bare import best_spans, open_service, unpack
from bench.load import Sample, Summary, closed_load, summarise
from bench.output import save
from bench.peers.peer import PEERS, PeerError, Server, serve
from bench.report import Report, compared
from bench.setting import CALLERS, configured
from bench.texts import Pair, draw_pairs
from bench.timing import Times
from luke_qa.checkpoint import open_checkpoint
from luke_qa.choices import Backend
from luke_qa.tokenizer import Tokenizer
from ops.archive import MAX_LOSS, build_archive
from ops.instance import free_ports
from ops.layout import MODEL_NAME
from ops.server import make_instance, start, stop


@dataclass(frozen=True, slots=True)
class Ours:
    """One way to run our server."""

    backend: Backend
    dtype: str
    int8: Path | None = None

    @property
    def name(self) -> str:
        return f"this server, {self.backend} {'int8' if self.int8 else self.dtype}"


@dataclass(frozen=True, slots=True)
class Turn:
    """One server's answers to all requests, in order; None for a request that failed."""

    samples: Sequence[Sample]
    seconds: float
    answers: Sequence[str | None]

    @property
    def seconds_per_answer(self) -> float:
        answered = sum(answer is not None for answer in self.answers)
        return self.seconds / answered if answered else float("inf")


def ours(int8: Path | None) -> list[Ours]:
    """All ways to run this server on a CPU; the first is the unit of all ratios."""
    plain = [Ours(backend, dtype) for dtype in ("float32", "bfloat16") for backend in list(Backend)[1:]]
    return [*plain, *([Ours(Backend.OPENVINO, "bfloat16", int8)] if int8 else [])]


@contextmanager
def serve_ours(checkpoint: Path, way: Ours, max_loss: float, scratch: Path) -> Iterator[Server]:
    home = scratch / way.name
    archive = home / "store" / f"{MODEL_NAME}.mar"
    config = configured([f"handler.dtype={way.dtype}"])
    build_archive(checkpoint, None, archive, way.backend, way.int8, config, max_loss)
    instance = make_instance(home / "home", free_ports())
    try:
        start(instance, archive, home / "logs")
        yield Server(way.name, f"{instance.inference_url}/predictions/{MODEL_NAME}")
    finally:
        stop(instance)


def reference_answers(checkpoint: Path, scratch: Path, pairs: Sequence[Pair]) -> list[str]:
    """The answers of the bare engine in float32."""
    config, archive = configured(["handler.backend=torch", "handler.dtype=float32"]), scratch / "reference.mar"
    build_archive(checkpoint, None, archive)
    service = open_service(unpack(archive, scratch / "reference"), config, len(os.sched_getaffinity(0)))
    return [best_spans(service, [pair])[0].answer for pair in pairs]


def take_turn(server: Server, pairs: Sequence[Pair], callers: int) -> Turn:
    samples, seconds = asyncio.run(closed_load(server.url, [server.body(pair) for pair in pairs], callers))
    return Turn(samples, seconds, [server.answer(s.body) if s.status == 200 else None for s in samples])


def same(turns: Sequence[Turn], expected: Sequence[str | None]) -> float:
    """The share of answers that are as expected."""
    pairs = [pair for turn in turns for pair in zip(turn.answers, expected, strict=True) if pair[0] is not None]
    return sum(found == wanted for found, wanted in pairs) / len(pairs) if pairs else float("nan")


def row(name: str, turns: Mapping[str, Sequence[Turn]], reference: Sequence[str]) -> dict[str, Any]:
    """The row of one server; ``ratio`` is its throughput relative to that of the first, turn by turn."""
    times = {each: Times(tuple(turn.seconds_per_answer for turn in taken)) for each, taken in turns.items()}
    mine, first = turns[name], next(iter(turns))
    total: Summary = summarise([sample for turn in mine for sample in turn.samples], sum(turn.seconds for turn in mine))
    card = turns.get(PEERS[0].title)
    return {
        "name": name,
        "per_second": statistics.median(1 / turn.seconds_per_answer for turn in mine),
        "ratio": times[name].times_faster_than(times[first]),
        "spread": times[name].spread,
        "p50": total.p50,
        "p99": total.p99,
        "failed": total.failed,
        "same": same(mine, reference),
        "same_as_card": same(mine, card[0].answers) if card else None,
    }


def compare(arguments: argparse.Namespace, scratch: Path) -> Report:
    tokenizer = Tokenizer.from_file(open_checkpoint(arguments.checkpoint).tokenizer_file)
    pairs = draw_pairs(arguments.requests, tokenizer, 1)
    servers, errors = list[Server](), dict[str, str]()
    with ExitStack() as stack:
        for way in ours(arguments.int8):
            print(f"{way.name}: packaging and starting", flush=True)
            servers.append(stack.enter_context(serve_ours(arguments.checkpoint, way, arguments.max_loss, scratch)))
        for peer in (peer for peer in PEERS if peer.name in arguments.only):
            print(f"{peer.name}: installing and starting", flush=True)
            try:
                servers.append(stack.enter_context(serve(peer, arguments.checkpoint, scratch, pairs[0])))
            except PeerError as error:
                errors[peer.title] = str(error)
                print(f"{peer.name}: {error}", flush=True)
        turns: dict[str, list[Turn]] = {server.name: [] for server in servers}
        for turn in range(-1, arguments.repeats):  # the first only warms up
            for server in servers:
                taken = take_turn(server, pairs, arguments.callers)
                print(f"turn {turn + 1}, {server.name}: {1 / taken.seconds_per_answer:.1f}/s", flush=True)
                if turn >= 0:
                    turns[server.name].append(taken)
    reference = reference_answers(arguments.checkpoint, scratch, pairs)
    return {
        "checkpoint": arguments.checkpoint.name,
        "cores": len(os.sched_getaffinity(0)),
        **{name: getattr(arguments, name) for name in ("callers", "requests", "repeats")},
        "servers": [row(server.name, turns, reference) for server in servers],
        "errors": errors,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, default=Path("checkpoints/embedded"))
    parser.add_argument("--int8", type=Path, help="question set for the int8 graph")
    parser.add_argument("--max-loss", type=float, default=MAX_LOSS, help="points of F1 that int8 may lose")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--callers", type=int, default=CALLERS)
    names = [peer.name for peer in PEERS]
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the servers are stopped on SIGTERM as well
    with tempfile.TemporaryDirectory() as scratch:
        report = compare(arguments, Path(scratch))
    print(*compared(report), sep="\n")
    save(report, arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
