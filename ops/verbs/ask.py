"""Ask the server a question about a text."""

import sys

from ops.asking import EXAMPLES, run_luke_qa
from ops.options import Parser


def main(options: list[str]) -> int:
    parser = Parser(prog="python -m ops ask", description=__doc__)
    parser.add_option("question", "the question", EXAMPLES[0].question)
    parser.add_option("context", "the text that answers it", EXAMPLES[0].context)
    given = parser.parse_args(options)
    if given.context == EXAMPLES[0].context and given.question != EXAMPLES[0].question:
        print(f"The text is the example's, as none is given: {given.context}", file=sys.stderr)
    return run_luke_qa("ask", "--", given.question, given.context)
