"""Engines of the bulk job that take a known time."""

from bench.echo import Echo


class SlowEcho(Echo):
    """Takes long enough for a batch that a job can be harmed meanwhile."""

    seconds = 0.4
