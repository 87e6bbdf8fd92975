"""Ask a Japanese LUKE question-answering server.

>>> from luke_qa_client import LukeQAClient
>>> with LukeQAClient("http://127.0.0.1:8080") as client:
...     answer = client.ask("何が好きですか", "私は苺が好きです。")
>>> answer.answer, answer.start, answer.end
('苺', 2, 3)
"""

import typing as _typing

from ._answers import Answer, Health, Passage, Span, Windows
from ._client import LukeQAClient
from ._documents import Document
from ._errors import (
    AuthenticationError,
    BadRequestError,
    ConnectionFailedError,
    LukeQAError,
    MissingExtraError,
    NotFoundError,
    OverloadedError,
    ReplyError,
    ServerError,
    TimedOutError,
    TooLargeError,
    TransportError,
)
from ._excerpt import Excerpt
from ._request import AskOptions
from ._version import __version__ as __version__

if _typing.TYPE_CHECKING:
    from ._async_client import AsyncLukeQAClient

__all__ = [
    "Answer",
    "AskOptions",
    "AsyncLukeQAClient",
    "AuthenticationError",
    "BadRequestError",
    "ConnectionFailedError",
    "Document",
    "Excerpt",
    "Health",
    "LukeQAClient",
    "LukeQAError",
    "MissingExtraError",
    "NotFoundError",
    "OverloadedError",
    "Passage",
    "ReplyError",
    "ServerError",
    "Span",
    "TimedOutError",
    "TooLargeError",
    "TransportError",
    "Windows",
]


def __getattr__(name: str) -> _typing.Any:
    """Import ``AsyncLukeQAClient`` on first use: asyncio would double this package's import time."""
    if name != "AsyncLukeQAClient":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ._async_client import AsyncLukeQAClient

    AsyncLukeQAClient.__module__ = __name__
    globals()[name] = AsyncLukeQAClient
    return AsyncLukeQAClient


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


for _name in globals().keys() & set(__all__):  # so that tracebacks and pickles show the public name
    globals()[_name].__module__ = __name__
del _name
