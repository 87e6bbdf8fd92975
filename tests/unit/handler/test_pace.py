import pytest

from luke_qa.pace import Pace


def test_nothing_is_expected_before_the_first_pass() -> None:
    assert Pace().seconds(512) == 0


def test_the_first_pass_sets_the_pace_and_later_ones_move_it() -> None:
    pace = Pace()
    pace.learn(100, 1.0)
    assert pace.seconds(200) == pytest.approx(2.0)
    for _ in range(50):
        pace.learn(100, 3.0)
    assert pace.seconds(200) == pytest.approx(6.0, rel=0.01)


def test_one_stalled_pass_does_not_refuse_for_ever() -> None:
    pace = Pace()
    pace.learn(100, 60.0)
    refusals = 0
    while pace.seconds(100) > 1.0:
        pace.doubt()
        refusals += 1
    assert refusals < 30
