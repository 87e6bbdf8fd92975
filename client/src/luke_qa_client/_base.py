"""What the clients have in common: how they are made."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

from ._keys import read_keys
from ._policy import Policy
from ._settings import Settings, read_settings

_T = TypeVar("_T")


class BaseClient(Generic[_T]):
    """Where to ask, as whom, and how long to wait."""

    def __init__(
        self,
        base_url: str | None = None,
        *,
        token: str | Callable[[], str] | None = None,
        key_file: str | Path | None = None,
        timeout: float | None = None,
        total_timeout: float = 120.0,
        verify: str | Path | None = None,
        model: str = "luke-qa",
    ) -> None:
        """Open nothing yet; the first question connects.

        Args:
            base_url: the server's address: ``http://`` or ``https://``, or, with the extra
                ``grpc``, ``grpc://`` or (with TLS) ``grpcs://``. None: ``$LUKE_QA_URL``, else
                ``http://127.0.0.1:8080``.
            token: TorchServe's inference key, where the server wants one; or a function that
                returns it, called before the first question and again when the server refuses
                the key; what it raises is the cause of an AuthenticationError. None:
                ``$LUKE_QA_TOKEN``, if set.
            key_file: in place of `token`, TorchServe's ``key_file.json``; its inference key is
                read at first and again when the server refuses it, as it does when it has expired,
                and then until it is whole, should the server just be writing it.
            timeout: seconds that one try may take. None: ``$LUKE_QA_TIMEOUT``, else 30.
            total_timeout: seconds for a question with all its tries and the pauses between them.
            verify: a file of certificates (PEM) to trust, for a server whose own is signed by a
                private authority.
            model: the name under which TorchServe serves the model.

        Raises:
            ValueError: an argument, or a variable of the environment, that cannot be one.
            MissingExtraError: the extra that this client or address needs is not installed.
        """
        settings = read_settings(base_url, timeout=timeout, total_timeout=total_timeout, verify=verify, model=model)
        self._policy = Policy(settings, read_keys(token, key_file))
        self._transport = self._open_transport(settings)
        self._closed = False

    @staticmethod
    def _open_transport(settings: Settings) -> _T:
        """Return what carries this kind of client's requests."""
        raise NotImplementedError

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("The client is closed.")

    @contextmanager
    def _while_open(self) -> Iterator[None]:
        """Raise RuntimeError where the client is closed, or is meanwhile: each library below has its own way then."""
        self._check_open()
        try:
            yield
        except Exception:
            self._check_open()
            raise

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._policy.settings.target.url!r})"
