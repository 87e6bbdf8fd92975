"""The time of arrival. What becomes of bodies is in test_request.py, with what is made of them."""

import pytest

from luke_qa.incoming import parse_arrival


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("t=1764331200.25", 1764331200.25),
        ("1764331200", 1764331200.0),
        ("1764331200250", 1764331200.25),
        (" t=1764331200250000 ", 1764331200.25),
        (None, None),
        ("", None),
        ("soon", None),
        ("t=12", None),
        ("nan", None),
        ("-1764331200", None),
    ],
)
def test_the_time_of_arrival_is_read_in_every_unit_that_proxies_write(
    header: str | None, seconds: float | None
) -> None:
    assert parse_arrival(header, now=1764331200.5) == seconds


@pytest.mark.parametrize(("apart", "is_usable"), [(0, True), (599, True), (601, False), (-599, True), (-3600, False)])
def test_an_arrival_too_far_from_now_is_another_clocks(apart: float, is_usable: bool) -> None:
    """Otherwise a server whose clock was set would refuse what it has."""
    assert (parse_arrival("t=1764331200", 1764331200.0 + apart) is not None) == is_usable
