"""HTTP, by requests."""

import time

import requests
from requests.adapters import HTTPAdapter
from urllib3 import Timeout
from urllib3.exceptions import ReadTimeoutError

from ._reply import Reply
from ._settings import Settings
from ._transport import Sending
from ._wire import connection_failed, http_request, timed_out


class HttpTransport:
    """A session of kept-alive connections to one TorchServe."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._session = requests.Session()
        # A pool without bounds: there are never more connections than threads that ask, and each is kept.
        adapter = HTTPAdapter(pool_maxsize=0)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        self._session.auth = _as_it_is
        # No proxy knows this machine's loopback. Empty entries stand before the environment's.
        self._proxies = {"http": "", "https": "", "all": ""} if settings.target.loopback else None

    def send(self, sending: Sending) -> Reply:
        request = http_request(self._settings, sending)
        ends = time.monotonic() + sending.timeout
        try:
            with self._session.request(
                request.method,
                request.url,
                headers=request.headers,
                data=request.body,
                timeout=Timeout(total=sending.timeout),  # type: ignore[arg-type]  # to connect and be answered
                # A redirected POST would arrive as a GET; where one is answered it is shown instead.
                allow_redirects=False,
                proxies=self._proxies,
                # Not the session's, which requests lets REQUESTS_CA_BUNDLE overrule.
                verify=None if self._settings.verify is None else str(self._settings.verify),
                stream=True,
            ) as response:
                _read_until(response, ends)
                return Reply(response.status_code, response.content, response.headers.get("Retry-After"))
        except requests.RequestException as error:
            if isinstance(error, requests.Timeout) or _timed_out_within_body(error):
                raise timed_out(self._settings, sending) from error
            raise connection_failed(self._settings, sending, error) from error

    def close(self) -> None:
        self._session.close()


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Add nothing. Where a session has no way to authorize, requests sends .netrc's logins."""
    return request


def _read_until(response: requests.Response, ends: float) -> None:
    """Give the body what is left of the time: requests would allow it as much again as the head."""
    connection = response.raw.connection
    if connection is not None and connection.sock is not None:
        connection.sock.settimeout(max(ends - time.monotonic(), 0.001))


def _timed_out_within_body(error: requests.RequestException) -> bool:
    # requests calls this one a ConnectionError
    return bool(error.args) and isinstance(error.args[0], ReadTimeoutError)
