"""The four ways to ask, behind one interface: tests run over each of `WAYS`."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, Final, Self

from luke_qa_client import Answer, AsyncLukeQAClient, Health, LukeQAClient, LukeQAError

Client = Any  # a LukeQAClient, or an object that behaves like one


class Blocking:
    """An AsyncLukeQAClient that blocks, with an event loop of its own."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self._runner = asyncio.Runner()
        self._client = AsyncLukeQAClient(*arguments, **named)

    def ask(self, *arguments: Any, **options: Any) -> Answer:
        return self._runner.run(self._client.ask(*arguments, **options))

    def ask_pairs(self, *arguments: Any, **options: Any) -> list[Answer | LukeQAError]:
        return self._runner.run(self._client.ask_pairs(*arguments, **options))

    def ask_many(self, pairs: Iterable[Any], **options: Any) -> Iterator[Answer | LukeQAError]:
        return self._blocking(self._client.ask_many(pairs, **options))

    def health(self) -> Health:
        return self._runner.run(self._client.health())

    def close(self) -> None:
        self._runner.run(self._client.aclose())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
        self._runner.close()

    def __repr__(self) -> str:
        return repr(self._client)

    def _blocking(self, results: Any) -> Iterator[Answer | LukeQAError]:
        async def next_one() -> Answer | LukeQAError | None:
            return await anext(results, None)

        try:
            while (result := self._runner.run(next_one())) is not None:
                yield result
        finally:
            self._runner.run(results.aclose())


# name -> (whether it speaks gRPC, what opens a client)
WAYS: Final[dict[str, tuple[bool, Callable[..., Client]]]] = {
    "requests": (False, LukeQAClient),
    "httpx": (False, Blocking),
    "grpc": (True, LukeQAClient),
    "grpc.aio": (True, Blocking),
}
