"""What is said of a job when it is done. The job itself: ``tests/integration/test_bulk.py``."""

import pytest

pytest.importorskip("ray", reason="Ray is not installed: `make setup-bulk`.")

from bulk.run import _outcomes


def test_rows_without_an_error_are_counted_together() -> None:
    kinds = [{"error_type": kind, "count()": count} for kind, count in ((None, 2), ("", 3), ("invalid_value", 1))]
    assert _outcomes(kinds) == {"ok": 5, "invalid_value": 1}
