"""Give a part its inputs, one after another, until it has had enough of them."""

import faulthandler
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from bench.fuzz.parts import Part
from bench.fuzz.tally import Tally

BATCH = 2_000  # inputs from one seed: Hypothesis remembers them all, and slows down
HANGING = 120  # seconds over one input, after which the process ends with a traceback
MAX_FAULTS = 10  # of a part, after which it is left


def fuzz_part(part: Part, count: int, seed: int) -> Tally:
    """Run a part on ``count`` inputs, fewer if it keeps failing. A failing input is made small first."""
    tally, began = Tally(part.name), time.monotonic()
    for number in range(seed, seed + 10 * count):
        left = count - tally.inputs
        if left <= 0 or len(tally.faults) >= MAX_FAULTS:
            break
        _run_batch(part, min(left, BATCH), number, tally)
    tally.seconds = time.monotonic() - began
    return tally


def _run_batch(part: Part, count: int, seed: int, tally: Tally) -> None:
    last: list[Any] = []

    @seeded(seed)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(part.inputs)
    def run(value: Any) -> None:
        last[:] = [value]
        began = time.monotonic()
        with watched():
            outcome = part.run(value)
        tally.note(outcome, time.monotonic() - began)

    try:
        run()
    except Exception:
        tally.fail(traceback.format_exc(limit=-3), last[0] if last else None)


@contextmanager
def watched() -> Iterator[None]:
    """End the process, with a traceback, if what is done meanwhile hangs."""
    faulthandler.dump_traceback_later(HANGING, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
