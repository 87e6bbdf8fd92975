"""What helps after the last failure of a question, in a sentence that ends the error's message. No I/O."""

from typing import Final

from ._errors import AuthenticationError, ConnectionFailedError, LukeQAError, NotFoundError, TooLargeError
from ._retry import UNABLE
from ._settings import Settings
from ._timeouts import Limit

_NO_KEY: Final = (
    "No key was sent: give it as token= or key_file= (LUKE_QA_TOKEN; for the command: --token or --key-file)."
)
_ADDRESS: Final = "Use the server's inference address, such as http://127.0.0.1:8080."
_OTHER_PORT: Final = f"This is not the inference address; it may be the control address. {_ADDRESS}"
_NOT_STARTED: Final = "Start the server (make start), or give its address: --url or LUKE_QA_URL (in Python: base_url=)."
_LESS: Final = "The request exceeds the server's max_request_size: split the text, or ask fewer questions at once."
_MORE_TIME: Final = {
    Limit.TOTAL_TIMEOUT: "To wait longer, raise total_timeout= (for the command: --timeout).",
    Limit.DEADLINE: "To wait longer, set a later deadline_ms.",
}


def advice(error: LukeQAError, settings: Settings, *, key_was_sent: bool) -> str | None:
    """Return what helps against an error that no retry helps against; None if its message says it."""
    if isinstance(error, AuthenticationError) and error.status is not None and not key_was_sent:
        return _NO_KEY
    if isinstance(error, NotFoundError):
        if error.type == "ModelNotFoundException":
            return f"The client asked for {settings.model!r}: give the right name as model=, or at the end of the " + (
                "address, as in http://127.0.0.1:8080/predictions/NAME."
            )
        return _ADDRESS
    if error.status in UNABLE:  # Python's http.server says so, on which the control address is built
        return _OTHER_PORT
    if isinstance(error, ConnectionFailedError) and "refused" in error.message:
        return _NOT_STARTED
    if isinstance(error, TooLargeError) and error.type is None:  # TorchServe's own, which says nothing
        return _LESS
    return None


def tries_advice(tries: int, seconds: float, limit: Limit) -> str | None:
    """Return how long a failure was retried, and how to retry for longer; None if it was not."""
    if tries < 2:
        return None
    return f"It failed {tries} times in {seconds:.1f} s. {_MORE_TIME[limit]}"


def append(error: LukeQAError, sentence: str | None) -> None:
    """Append a sentence to the error's message."""
    if sentence:
        error.message = f"{error.message.rstrip().removesuffix('.')}. {sentence}"
        error.args = (error.message,)
