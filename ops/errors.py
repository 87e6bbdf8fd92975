"""What stops a verb. Each message says what is wrong and, if it can, what to do."""


class OpsError(Exception):
    """A verb failed."""


class UsageError(OpsError):
    """An option, or a variable of make, is missing or has a value that is not allowed."""


class QuantisationError(OpsError):
    """The int8 graph was not accepted."""
