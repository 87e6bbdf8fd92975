"""What stops a verb. Each message is for a person: it says what is wrong and, where it can, what to do."""

FAILED, BAD_USAGE, INTERRUPTED = 1, 2, 130  # a verb's exit statuses


class OpsError(Exception):
    """A verb failed."""


class UsageError(OpsError):
    """An option, or a variable of make, is missing or has a value that is not allowed."""


class QuantisationError(OpsError):
    """The int8 graph was not accepted."""
