"""Figures that are equal but for rounding, as parts of a dataclass."""

from typing import Any

import pytest


def about(figure: float) -> Any:
    return pytest.approx(figure)
