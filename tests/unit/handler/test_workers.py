"""Workers and threads never ask for more than the cores."""

from hypothesis import given
from hypothesis import strategies as st

from luke_qa.settings import Settings
from luke_qa.workers import count_workers, worker_threads


def test_torchserve_starts_a_worker_for_each_gpu_or_else_each_core() -> None:
    assert count_workers({}, cores=16, gpus=0) == 16
    assert count_workers({}, cores=16, gpus=2) == 2
    assert count_workers({"minWorkers": 1, "maxWorkers": 4}, cores=16, gpus=2) == 4


def test_threads_that_are_set_are_taken_as_they_are() -> None:
    assert worker_threads(Settings(threads=3), {"minWorkers": 4}, cores=4, gpus=0) == 3


@given(st.integers(1, 256), st.integers(0, 8), st.integers(0, 300))
def test_all_workers_together_have_at_most_a_thread_for_each_core(cores: int, gpus: int, asked: int) -> None:
    config = {"maxWorkers": asked} if asked else {}
    workers, threads = count_workers(config, cores, gpus), worker_threads(Settings(), config, cores, gpus)
    assert threads == 1 or workers * threads <= cores
    assert (workers + 1) * (threads + 1) > cores  # and none lies idle that could be given to each
