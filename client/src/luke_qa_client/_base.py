"""What both clients share: how they are created."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

from ._keys import read_keys
from ._policy import Policy
from ._settings import Settings, read_settings

_T = TypeVar("_T")


class BaseClient(Generic[_T]):
    """A client's server, key and timeouts."""

    def __init__(
        self,
        base_url: str | None = None,
        *,
        token: str | Callable[[], str] | None = None,
        key_file: str | Path | None = None,
        timeout: float | None = None,
        total_timeout: float = 120.0,
        verify: str | Path | None = None,
        model: str | None = None,
    ) -> None:
        """Create a client. The first question connects.

        Args:
            base_url: the server's address: ``http://`` or ``https://``, or with the extra ``grpc`` ``grpc://`` or
                ``grpcs://`` (TLS). For Triton and other servers of the open inference protocol (v2): ``triton://``,
                ``tritons://``, ``triton+grpc://`` or ``triton+grpcs://``. Without a scheme it is ``http://``; the path
                ``/predictions/NAME`` is understood. None: ``$LUKE_QA_URL``, else ``http://127.0.0.1:8080``.
            token: TorchServe's inference key, if the server requires one; or a function that returns it. The function
                is called before the first question, and again when the server rejects the key; if it raises, the
                question raises an ``AuthenticationError`` with that cause. None: ``$LUKE_QA_TOKEN``, if set.
            key_file: instead of ``token``, TorchServe's ``key_file.json``. It is read before the first question, and
                again when the server rejects the key, for example because it has expired. A file that the server is
                rewriting is read again until it is complete.
            timeout: seconds per attempt, plus 1 for every 1000 characters of context, which count once for each
                question. None: ``$LUKE_QA_TIMEOUT``, else 30. An attempt that timed out is repeated at most once, with
                all the time that is left.
            total_timeout: seconds for a question, including all attempts and the delays between them.
            verify: a PEM file of certificates to trust, for a server with a certificate of a private CA.
            model: the model's name on the server. None: the one that the address names, else ``luke-qa``.

        Raises:
            ValueError: an argument or environment variable is invalid.
            MissingExtraError: this client or address needs an extra that is not installed.
        """
        settings = read_settings(base_url, timeout=timeout, total_timeout=total_timeout, verify=verify, model=model)
        self._policy = Policy(settings, read_keys(token, key_file))
        self._transport = self._open_transport(settings)
        self._closed = False

    @staticmethod
    def _open_transport(settings: Settings) -> _T:
        """Return the transport for this kind of client."""
        raise NotImplementedError

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("The client is closed.")

    @contextmanager
    def _while_open(self) -> Iterator[None]:
        """Raise a RuntimeError if the client is closed before or during this; the libraries raise other errors."""
        self._check_open()
        try:
            yield
        except Exception:
            self._check_open()
            raise

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._policy.settings.target.url!r})"
