"""How the blocking client makes its calls: attempts with the pauses between them, and much text in parts."""

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar, cast

from ._answers import Answer, Health
from ._base import BaseClient
from ._documents import Context
from ._errors import LukeQAError
from ._many.blocking import Sleep
from ._parts import ask_in_parts, is_too_much
from ._policy import Call
from ._request import AskOptions
from ._tracing import call_span
from ._transport.base import Transport
from ._transport.choice import open_transport

if TYPE_CHECKING:
    from opentelemetry.context import Context as Caller

_T = TypeVar("_T")


class BlockingClient(BaseClient[Transport]):
    """A client that waits in the caller's thread."""

    _open_transport = staticmethod(open_transport)

    def health(self) -> Health:
        """Return the health status that the server reports, without retries.

        Raises:
            LukeQAError: the server did not reply, or replied with an error.
        """
        return self._run(self._policy.health())

    def close(self) -> None:
        """Close the connections. Any further question raises a RuntimeError."""
        self._closed = True
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(
        self,
        question: str,
        context: Context,
        options: AskOptions,
        sleep: Sleep = time.sleep,
        parent: "Caller | None" = None,
    ) -> Answer:
        if not is_too_much(context):
            return self._run(self._policy.question(question, context, options), sleep, parent)
        steps = ask_in_parts(context, options)
        part, given = next(steps)
        while True:
            answer = self._run(self._policy.question(question, part, given), sleep, parent)
            try:
                part, given = steps.send(answer)
            except StopIteration as stop:
                return cast(Answer, stop.value)

    def _run(self, call: Call[_T], sleep: Sleep = time.sleep, parent: "Caller | None" = None) -> _T:
        with call_span(call, parent):
            return self._attempt(call, sleep)

    def _attempt(self, call: Call[_T], sleep: Sleep) -> _T:
        while True:
            try:
                with self._while_open():
                    return call.read(self._transport.send(call.next_try()))
            except LukeQAError as error:
                pause = call.after_failure(error).pause
                if pause is None:
                    raise
            sleep(pause)
            while (pause := call.pause_for_budget()) > 0:
                sleep(pause)
