"""What a command says in a Python without its packages. Only the standard library is imported here."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ops.errors import FAILED


def missing_package(error: ModuleNotFoundError) -> str:
    """Return the sentence for a package that this Python lacks."""
    return (
        f"{sys.executable} has no package {(error.name or '').partition('.')[0]}: run `make setup`, and then this "
        "command as PYTHONPATH=.:handler:client/src .venv/bin/python -m …"
    )


@contextmanager
def packages_needed() -> Iterator[None]:
    """Import within this: a package that is missing ends the command with one sentence."""
    try:
        yield
    except ModuleNotFoundError as error:
        print(missing_package(error), file=sys.stderr)
        sys.exit(FAILED)
