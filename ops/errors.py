"""The errors that end a command. Each message says what is wrong and, if possible, what to do."""

FAILED, BAD_USAGE, INTERRUPTED = 1, 2, 130  # a verb's exit statuses


class OpsError(Exception):
    """A command failed."""


class UsageError(OpsError):
    """An option, or a variable of make, is missing or has a value that is not allowed."""


class QuantisationError(OpsError):
    """The int8 graph was not accepted."""
