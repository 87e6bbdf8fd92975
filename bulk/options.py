"""The options of a job, checked before its first row: a wrong one would be wrong in every row."""

from collections.abc import Mapping
from typing import Any

from bulk.job import JobError
from luke_qa.errors import RequestError
from luke_qa.request import parse_request
from luke_qa.settings import Settings

_LONGEST_INPUT = 1 << 20  # tokens: the model's own limit is checked where it is loaded


def check_options(options: Mapping[str, Any], settings: Settings) -> None:
    """Check the options as a request does.

    Raises:
        JobError: one is unknown or wrong.
    """
    try:
        parse_request({"question": "。", "context": "。", **options}, settings, _LONGEST_INPUT)
    except RequestError as error:
        raise JobError(f"--options: {error}") from error
