"""The targets, and the share of the inputs that each gets."""

from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from bench.fuzz.parts import all_parts
from bench.fuzz.running import fuzz_part
from bench.fuzz.tally import Tally
from bench.fuzz.wire import fuzz_wire
from luke_qa.checkpoint import open_checkpoint
from luke_qa.tokenizer import Tokenizer

CHECKPOINT = Path("checkpoints/embedded")
SHARES = {"direct": 0.1, "proxy": 0.1, "request": 0.3, "tokenizer": 0.2, "windows": 0.15, "decoding": 0.15}
ABOUT = {
    "direct": "requests of schemathesis and mutations of them, to TorchServe",
    "proxy": "the same, through HAProxy",
    "request": "bodies, forms and gRPC's maps, into the parser",
    "tokenizer": "texts, into the tokenizer",
    "windows": "texts, lengths and strides, into the windows",
    "decoding": "random logits, into the search for answers",
}


def fuzz(name: str, base: str, count: int, seed: int) -> Tally:
    """Fuzz a target, by its name in ``SHARES``; ``base`` is the server's address if it is one over HTTP."""
    if base:
        return fuzz_wire(name, base, count, seed)
    tokenizer = Tokenizer.from_file(open_checkpoint(CHECKPOINT).tokenizer_file)
    part = next(part for part in all_parts(tokenizer) if part.name == name)
    return fuzz_part(part, count, seed)


def fuzz_all(bases: Mapping[str, str], count: int, seed: int) -> list[Tally]:
    """Fuzz every target, two at a time; ``bases`` are the addresses of those over HTTP."""
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        running = [
            pool.submit(fuzz, name, bases.get(name, ""), max(1, round(share * count)), seed + number)
            for number, (name, share) in enumerate(SHARES.items())
        ]
        return [each.result() for each in running]
