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
    assert parse_arrival(header) == seconds
