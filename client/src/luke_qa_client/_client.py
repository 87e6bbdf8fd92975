"""The client."""

import math
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Self, Unpack

from ._answers import Answer, Health
from ._errors import BadRequestError, LukeQAError, TooLargeError
from ._reply import read_answer, read_answers, read_health
from ._request import AskOptions, Context, Pair, ask_request, check_options, group_pairs
from ._transport import open_transport, parse_target

DEFAULT_URL = "http://127.0.0.1:8080"


class LukeQAClient:
    """Asks a question-answering server, over HTTP or gRPC.

    Use it as a context manager, or call `close`. One client keeps its connections, so ask many
    questions with the same one.
    """

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        *,
        token: str | None = None,
        timeout: float = 30.0,
        model: str = "luke-qa",
    ) -> None:
        """Open nothing yet; the first question connects.

        Args:
            base_url: the server's address: ``http://`` or ``https://``, or, with the extra
                ``grpc``, ``grpc://`` or (with TLS) ``grpcs://``.
            token: TorchServe's inference key, where the server wants one.
            timeout: seconds to wait for a connection and then for the reply.
            model: the name under which TorchServe serves the model.

        Raises:
            ValueError: an address, a token or a timeout that cannot be one.
            MissingExtraError: a gRPC address without the extra ``grpc``.
        """
        if not (math.isfinite(timeout) and timeout > 0):
            raise ValueError(f"timeout is {timeout}, and must be a number of seconds above 0.")
        if token is not None and not _can_be_token(token):
            raise ValueError("The token must be one word of visible ASCII characters.")
        self._base_url = base_url
        self._transport = open_transport(parse_target(base_url), model=model, token=token, timeout=timeout)

    def ask(self, question: str, context: Context, **options: Unpack[AskOptions]) -> Answer:
        """Return the best answer that the context has.

        Args:
            question: one question.
            context: the text to find the answer in, or documents to rank answers across.
            **options: see `AskOptions`.

        Raises:
            LukeQAError: no answer came; which of its kinds tells why.
        """
        if not isinstance(question, str):
            raise TypeError("question must be one text; ask_many asks many.")
        request = ask_request(question, context, options)
        return read_answer(self._transport.ask(request), request.request_id)

    def ask_many(self, pairs: Iterable[Pair], **options: Unpack[AskOptions]) -> Iterator[Answer | LukeQAError]:
        """Yield for each (question, context) pair, in order, its answer or its error.

        One pair's error does not end the others. The pairs are read as the results are taken,
        so there may be any number. Consecutive questions of one context travel together, which
        spares the server reading it again: sort by context where the order is yours.

        Args:
            pairs: questions, each with its context.
            **options: see `AskOptions`; a ``request_id`` goes with every request.
        """
        check_options(options)  # here, as in the generator it would wait for the first result
        return self._results(pairs, options)

    def health(self) -> Health:
        """Return what the server says of its health.

        Raises:
            LukeQAError: the server cannot be asked.
        """
        return read_health(self._transport.ping())

    def close(self) -> None:
        """Let go of the connections."""
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

    def __repr__(self) -> str:
        return f"LukeQAClient({self._base_url!r})"

    def _results(self, pairs: Iterable[Pair], options: AskOptions) -> Iterator[Answer | LukeQAError]:
        for questions, context in group_pairs(pairs):
            yield from self._ask_together(questions, context, options)

    def _ask_together(
        self, questions: Sequence[str], context: Context, options: AskOptions
    ) -> Sequence[Answer | LukeQAError]:
        if len(questions) == 1:
            return [self._answer_or_error(questions[0], context, options)]
        request = ask_request(questions, context, options)
        try:
            return read_answers(self._transport.ask(request), request.request_id, count=len(questions))
        except (BadRequestError, TooLargeError):
            # One bad question refuses the whole list; singly, the others get their answers.
            return [self._answer_or_error(question, context, options) for question in questions]
        except LukeQAError as error:
            return [error] * len(questions)

    def _answer_or_error(self, question: str, context: Context, options: AskOptions) -> Answer | LukeQAError:
        try:
            return self.ask(question, context, **options)
        except LukeQAError as error:
            return error


def _can_be_token(token: str) -> bool:
    return token.isascii() and token.isprintable() and token != "" and " " not in token
