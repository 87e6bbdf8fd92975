"""What a worker counts and times."""

import pytest
from prometheus_client import REGISTRY

from luke_qa import metrics


def count(size: str) -> float:
    return REGISTRY.get_sample_value("luke_qa_request_seconds_count", {"size": size}) or 0


@pytest.mark.parametrize(
    ("windows", "size"),
    [(0, "small"), (1, "small"), (metrics.SMALL_WINDOWS, "small"), (metrics.SMALL_WINDOWS + 1, "large")],
)
def test_small_and_large_requests_are_timed_apart(windows: int, size: str) -> None:
    before = {each: count(each) for each in metrics.SIZES}
    metrics.request_ended("ok", 0.1, windows)
    after = {each: count(each) for each in metrics.SIZES}
    assert {each for each in metrics.SIZES if after[each] > before[each]} == {size}
