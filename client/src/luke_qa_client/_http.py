"""HTTP, by requests."""

from typing import Any
from urllib.parse import quote

import requests
from requests.auth import AuthBase
from urllib3.exceptions import ReadTimeoutError

from ._errors import ConnectionFailedError, TimedOutError
from ._reply import Reply
from ._request import AskRequest
from ._transport import Target


class _Bearer(AuthBase):
    """Sets the token's header. Being there it also keeps requests from sending .netrc's logins."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class HttpTransport:
    """A session of kept-alive connections to one TorchServe."""

    def __init__(self, target: Target, *, model: str, token: str | None, timeout: float) -> None:
        self._url = target.url
        self._predictions = f"{target.url}/predictions/{quote(model, safe='')}"
        self._timeout = timeout
        self._session = requests.Session()
        self._session.auth = _Bearer(token)
        # No proxy knows this machine's loopback. Empty entries stand before the environment's.
        self._proxies = {"http": "", "https": "", "all": ""} if target.loopback else None

    def ask(self, request: AskRequest) -> Reply:
        return self._send(
            "POST",
            self._predictions,
            request.request_id,
            data=request.body,
            headers={"Content-Type": "application/json"},
        )

    def ping(self) -> Reply:
        return self._send("GET", f"{self._url}/ping", None)

    def close(self) -> None:
        self._session.close()

    def _send(self, method: str, url: str, request_id: str | None, **parts: Any) -> Reply:
        try:
            # A redirected POST would arrive as a GET; where one is answered it is shown instead.
            response = self._session.request(
                method,
                url,
                timeout=self._timeout,
                allow_redirects=False,
                proxies=self._proxies,
                **parts,
            )
        except requests.RequestException as error:
            if isinstance(error, requests.Timeout) or _timed_out_within_body(error):
                message = f"No reply came from {self._url} within {self._timeout:g} s."
                raise TimedOutError(message, request_id=request_id) from error
            message = f"The connection to {self._url} failed: {_reason(error)}."
            raise ConnectionFailedError(message, request_id=request_id) from error
        return Reply(response.status_code, response.content)


def _timed_out_within_body(error: requests.RequestException) -> bool:
    # requests calls this one a ConnectionError
    return bool(error.args) and isinstance(error.args[0], ReadTimeoutError)


def _reason(error: BaseException) -> str:
    """Return the operating system's sentence if it is at the bottom of this, else the bottom's."""
    while True:
        if isinstance(error, OSError) and error.strerror:
            return error.strerror
        below = error.__cause__ or error.__context__
        if below is None:
            return str(error) or type(error).__name__
        error = below
