"""Replicas behind the proxy, question by question.

A question goes to the replica that has the fewest, if it has fewer than its slots; otherwise it waits in the proxy's
queue, first come, first served, unless that is full (429). In the replica it waits for a worker. A worker takes one
question at a time, or a batch: it waits up to ``delay`` seconds after the first for more, and one worker of a replica
waits so at a time, as TorchServe's do.
"""

import heapq
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class System:
    """What the questions pass through.

    Attributes:
        workers: of each replica.
        slots: questions that a replica has at a time (None: two for each worker and question of its batch).
        queue: questions that wait in the proxy (None: any number).
        batch: questions that a worker takes together.
        delay: seconds for which it waits for them.
        batch_seconds: what a batch takes besides its questions.
    """

    replicas: int
    workers: int = 1
    slots: int | None = None
    queue: int | None = None
    batch: int = 1
    delay: float = 0.0
    batch_seconds: float = 0.0

    @property
    def total_slots(self) -> int:
        return self.slots or 2 * self.workers * self.batch


def simulate(system: System, arrivals: Sequence[float], work: Sequence[float]) -> Floats:
    """Return the seconds from arrival to answer of each question, NaN for those that are refused.

    arrivals: when each arrives, in order. work: the seconds for which it keeps a worker.
    """
    return _Run(system, work).play(arrivals)


@dataclass(slots=True)
class _Replica:
    idle: int
    inside: int = 0
    turn: int = 0  # of its latest entry among the candidates
    waiting: deque[int] = field(default_factory=deque)
    starts: float | None = None  # when the batch that is collected starts, however full


class _Run:
    def __init__(self, system: System, work: Sequence[float]) -> None:
        self._system, self._work = system, work
        self._replicas = [_Replica(system.workers) for _ in range(system.replicas)]
        self._queue = deque[int]()
        self._turn = 0
        self._candidates = [(0, 0, number) for number in range(system.replicas)]  # the fewest questions first
        # (time, order, replica, questions that are answered then; none: its batch starts, however full)
        self._events = list[tuple[float, int, int, tuple[int, ...]]]()

    def play(self, arrivals: Sequence[float]) -> Floats:
        taken = np.full(len(arrivals), np.nan)
        for question, arrived in enumerate(arrivals):
            for answered, now in self._until(arrived):
                taken[answered] = now - arrivals[answered]
            self._arrive(question, arrived)
        for answered, now in self._until(float("inf")):
            taken[answered] = now - arrivals[answered]
        return taken

    def _until(self, moment: float) -> Iterator[tuple[int, float]]:
        """Let everything happen that is due by ``moment``; yield the questions that are answered, and when."""
        while self._events and self._events[0][0] <= moment:
            now, _, number, questions = heapq.heappop(self._events)
            replica = self._replicas[number]
            if questions:
                for question in questions:
                    yield question, now
                replica.idle += 1
                replica.inside -= len(questions)
                self._changed(number)
                while self._queue and replica.inside < self._system.total_slots:
                    self._enter(number, self._queue.popleft())
            elif replica.starts == now:
                self._run_batch(number, now)
            self._start(number, now)

    def _arrive(self, question: int, now: float) -> None:
        number = self._least_loaded()
        if self._replicas[number].inside < self._system.total_slots:
            self._enter(number, question)
            self._start(number, now)
        elif self._system.queue is None or len(self._queue) < self._system.queue:
            self._queue.append(question)

    def _least_loaded(self) -> int:
        while True:
            _, turn, number = self._candidates[0]
            if turn == self._replicas[number].turn:
                return number
            heapq.heappop(self._candidates)

    def _changed(self, number: int) -> None:
        self._turn += 1
        replica = self._replicas[number]
        replica.turn = self._turn
        heapq.heappush(self._candidates, (replica.inside, self._turn, number))

    def _enter(self, number: int, question: int) -> None:
        replica = self._replicas[number]
        replica.inside += 1
        replica.waiting.append(question)
        self._changed(number)

    def _start(self, number: int, now: float) -> None:
        """Give idle workers what waits."""
        replica, system = self._replicas[number], self._system
        while replica.idle and replica.waiting:
            if len(replica.waiting) >= system.batch:
                self._run_batch(number, now)
            else:
                if replica.starts is None:
                    replica.starts = now + system.delay
                    self._push(replica.starts, number, ())
                return

    def _run_batch(self, number: int, now: float) -> None:
        replica, system = self._replicas[number], self._system
        count = min(system.batch, len(replica.waiting))
        questions = tuple(replica.waiting.popleft() for _ in range(count))
        replica.starts = None
        replica.idle -= 1
        self._push(now + system.batch_seconds + sum(self._work[question] for question in questions), number, questions)

    def _push(self, moment: float, number: int, questions: tuple[int, ...]) -> None:
        self._turn += 1
        heapq.heappush(self._events, (moment, self._turn, number, questions))
