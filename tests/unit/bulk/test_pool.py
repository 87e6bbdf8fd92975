"""Engines and what is booked for them."""

import pytest

from bulk.pool import TASK_CPUS, plan_pool


def test_there_is_an_engine_for_every_core_or_share_of_a_gpu() -> None:
    assert plan_pool(0, 0.0, [8.0, 4.0], 0.0).engines == 12
    assert plan_pool(0, 0.25, [8.0], 2.0).engines == 8
    assert plan_pool(3, 0.0, [8.0], 0.0).engines == 3
    assert plan_pool(0, 1.0, [8.0], 0.0).engines == 1


@pytest.mark.parametrize("nodes", [[2.0], [2.0, 2.0], [4.0, 16.0], [64.0] * 10])
def test_every_node_has_room_for_the_tasks_before_and_after(nodes: list[float]) -> None:
    pool = plan_pool(0, 0.0, nodes, 0.0)
    for cpus in nodes:
        assert cpus - cpus * pool.cpus >= 1 + 2 * TASK_CPUS
