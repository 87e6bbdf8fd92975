"""Package a checkpoint as model_store/luke-qa.mar, if that archive is stale.

Choices are remembered: without options, the archive is built as before.
"""

import sys

from ops.choice import add_choice_options, deprecations, read_request
from ops.options import Parser
from ops.packaging import ensure_archive, near
from ops.record import ARCHIVE


def main(options: list[str]) -> int:
    parser = Parser(prog="python -m ops archive", description=__doc__)
    add_choice_options(parser)
    given = parser.parse_args(options)
    for line in deprecations(given):
        print(line, file=sys.stderr)
    if not ensure_archive(read_request(given)):
        print(f"{near(ARCHIVE)} is up to date.")
    return 0
