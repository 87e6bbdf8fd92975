"""HTTP, by requests."""

import requests
from urllib3 import Timeout
from urllib3.exceptions import ReadTimeoutError

from ._deadline import DeadlineAdapter
from ._reply import Reply
from ._settings import Settings
from ._transport import Attempt
from ._wire import connection_failed, http_request, timed_out


class HttpTransport:
    """A session of kept-alive connections to one TorchServe."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._session = requests.Session()
        # A pool without bounds: there are never more connections than threads that ask, and each is kept.
        adapter = DeadlineAdapter(pool_maxsize=0)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        self._session.auth = _as_it_is
        # No proxy knows this machine's loopback. Empty entries stand before the environment's.
        self._proxies = {"http": "", "https": "", "all": ""} if settings.target.loopback else None

    def send(self, attempt: Attempt) -> Reply:
        request = http_request(self._settings, attempt)
        try:
            response = self._session.request(
                request.method,
                request.url,
                headers=request.headers,
                data=request.body,
                timeout=Timeout(total=attempt.timeout),  # type: ignore[arg-type]  # to connect and be answered wholly
                # A redirected POST would arrive as a GET; where one is answered it is shown instead.
                allow_redirects=False,
                proxies=self._proxies,
                # Not the session's, which requests lets REQUESTS_CA_BUNDLE overrule.
                verify=None if self._settings.verify is None else str(self._settings.verify),
            )
        except requests.RequestException as error:
            if isinstance(error, requests.Timeout) or _timed_out_within_body(error):
                raise timed_out(self._settings, attempt) from error
            raise connection_failed(self._settings, attempt, error) from error
        return Reply(response.status_code, response.content, response.headers.get("Retry-After"))

    def close(self) -> None:
        self._session.close()


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Add nothing. Where a session has no way to authorize, requests sends .netrc's logins."""
    return request


def _timed_out_within_body(error: requests.RequestException) -> bool:
    # requests calls this one a ConnectionError
    return bool(error.args) and isinstance(error.args[0], ReadTimeoutError)
