"""bfloat16 or float32: whichever this processor computes faster.

With AVX512-bf16, bfloat16 is about twice as fast; without it, it is emulated and up to a hundred times slower.
"""

import time
from collections.abc import Callable


def choose_bf16(compute: Callable[[bool], object], repeats: int = 3) -> tuple[bool, str]:
    """Time ``compute(bf16)`` in turns; return whether bfloat16 won, and a line that says so.

    The best of ``repeats`` counts: what else the machine does can only make a turn longer.
    """
    seconds = {True: float("inf"), False: float("inf")}
    for bf16 in seconds:
        compute(bf16)  # allocates and warms up
    for _ in range(repeats):
        for bf16 in seconds:
            began = time.perf_counter()
            compute(bf16)
            seconds[bf16] = min(seconds[bf16], time.perf_counter() - began)
    faster = seconds[True] <= seconds[False]
    name = "bfloat16" if faster else "float32"
    return (
        faster,
        f"training in {name}: a batch took {seconds[True]:.3f} s in bfloat16, {seconds[False]:.3f} s in float32",
    )
