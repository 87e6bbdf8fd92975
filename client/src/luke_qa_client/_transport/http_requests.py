"""Blocking HTTP with requests."""

import requests
from urllib3 import Timeout
from urllib3.exceptions import ReadTimeoutError

from .._settings import Settings
from .base import Attempt, Reply
from .http import connection_failed, http_reply, http_request, timed_out
from .requests_deadline import DeadlineAdapter


class HttpTransport:
    """A session with persistent connections to one server."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._session = requests.Session()
        # An unbounded pool: there are never more connections than threads that ask, and each is kept open.
        adapter = DeadlineAdapter(pool_maxsize=0)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        self._session.auth = _without_netrc
        # A proxy cannot reach this machine's loopback. Empty entries override the environment's.
        self._proxies = {"http": "", "https": "", "all": ""} if settings.target.loopback else None

    def send(self, attempt: Attempt) -> Reply:
        request = http_request(self._settings, attempt)
        try:
            response = self._session.request(
                request.method,
                request.url,
                headers=request.headers,
                data=request.body,
                timeout=Timeout(total=attempt.timeout),  # type: ignore[arg-type]  # for connecting and the whole reply
                # A redirected POST would become a GET. Without redirects the caller sees the redirect itself.
                allow_redirects=False,
                proxies=self._proxies,
                # Set per request: REQUESTS_CA_BUNDLE overrides the session's setting.
                verify=None if self._settings.verify is None else str(self._settings.verify),
            )
        except requests.RequestException as error:
            if isinstance(error, requests.Timeout) or _timed_out_in_body(error):
                raise timed_out(self._settings, attempt) from error
            raise connection_failed(self._settings, attempt, error) from error
        retry_after = response.headers.get("Retry-After")
        return http_reply(self._settings, attempt, response.status_code, response.content, retry_after)

    def close(self) -> None:
        self._session.close()


def _without_netrc(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Return the request unchanged. For a session without an ``auth``, requests sends the logins of ``.netrc``."""
    return request


def _timed_out_in_body(error: requests.RequestException) -> bool:
    # requests raises a ConnectionError for it
    return bool(error.args) and isinstance(error.args[0], ReadTimeoutError)
