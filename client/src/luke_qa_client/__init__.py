"""Ask a LUKE question-answering server for Japanese.

>>> from luke_qa_client import LukeQAClient
>>> with LukeQAClient("http://127.0.0.1:8080") as client:
...     answer = client.ask("何が好きですか", "私は苺が好きです。")
>>> answer.answer, answer.start, answer.end
('苺', 2, 3)
"""

from ._answers import Answer, Health, Span
from ._client import LukeQAClient
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
from ._request import AskOptions

__all__ = [
    "Answer",
    "AskOptions",
    "AuthenticationError",
    "BadRequestError",
    "ConnectionFailedError",
    "Health",
    "LukeQAClient",
    "LukeQAError",
    "MissingExtraError",
    "NotFoundError",
    "OverloadedError",
    "ReplyError",
    "ServerError",
    "Span",
    "TimedOutError",
    "TooLargeError",
    "TransportError",
]

for _name in __all__:  # so that tracebacks and pickles name the public face
    globals()[_name].__module__ = __name__
del _name
