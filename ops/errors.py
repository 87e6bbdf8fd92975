"""What building an archive may refuse, beside what a checkpoint or a setting is to blame for."""


class QuantisationError(Exception):
    """There shall be no int8 graph; the message says why."""
