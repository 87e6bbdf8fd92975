"""What is said of a job when it is done. The job itself: ``tests/integration/test_bulk.py``."""

import pytest

pytest.importorskip("ray", reason="Ray is not installed: `make setup-bulk`.")

from bulk.run import _outcomes


def test_rows_without_an_error_are_counted_together() -> None:
    assert _outcomes([[None, ""], ["", "invalid_value", None]]) == {"ok": 4, "invalid_value": 1}
