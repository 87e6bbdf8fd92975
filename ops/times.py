"""How long the supervisor waits, and for what."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds, but for ``probes``.

    A java that is stopped is killed after 5 to 6 seconds and started again at once; the start takes 4 seconds on a
    quiet machine with two cores, and 24 at a load of 15. Noticing it sooner would risk false alarms. A probe asks for
    what java has in memory; at a load of 50, beside eight callers, 200 took 0.2 s at the median and 1.5 s at most. A
    collection of the 1 GB heap takes less than two probes. A machine that was suspended costs one probe, since they
    are counted and not the time.

    Attributes:
        start: until the first answer to a question; a large model takes minutes to load.
        interval, eager: from one probe to the next, at least; while the server starts.
        probe, probes: how long the management address may take to reply, and how often in a row it may fail to.
        heartbeat: a worker that gives no sign of life for so long hangs. It gives one a second, whatever it computes.
        canary, canary_interval: the limit and the pause of the supervisor's own question.
        fresh, canary_fresh: see ``Health``.
        unready: a server that was ready and is not for so long is started again. Longer than a worker may compute
            (``responseTimeout``), so a server that is merely busy never is.
        drain: for the requests in flight at the end; then ``termination`` for java to end by itself.
        notice: for a proxy to see, by ``/ready``, that the server stops.
        pause, max_pause: before a server that has not run for ``settled`` is started again; it doubles each time.
    """

    start: float = 300.0
    interval: float = 0.5
    eager: float = 0.1
    probe: float = 1.0
    probes: int = 5
    heartbeat: float = 10.0
    canary: float = 10.0
    canary_interval: float = 5.0
    fresh: float = 5.0
    canary_fresh: float = 30.0
    unready: float = 150.0
    drain: float = 30.0
    termination: float = 5.0
    notice: float = 2.0
    pause: float = 0.5
    max_pause: float = 30.0
    settled: float = 60.0
