"""The heap leaves room for the workers."""

import pytest

from ops.heap import fit_heap

GIB = 1 << 30


@pytest.mark.parametrize(
    ("argument", "limit", "fitted"),
    [
        ("-Xmx1g", None, "-Xmx1g"),
        ("-Xmx1g", 64 * GIB, "-Xmx1024m"),
        ("-Xmx1g", 2 * GIB, "-Xmx512m"),
        ("-Xmx300M", 2 * GIB, "-Xmx300m"),
        ("-Xmx2147483648", 4 * GIB, "-Xmx1024m"),
        ("-XX:+ExitOnOutOfMemoryError", 2 * GIB, "-XX:+ExitOnOutOfMemoryError"),
    ],
)
def test_the_heap_takes_at_most_a_quarter_of_the_memory(argument: str, limit: int | None, fitted: str) -> None:
    assert list(fit_heap([argument], limit)) == [fitted]
