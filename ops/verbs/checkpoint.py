"""Print the checkpoint that was packaged last."""

from ops.options import Parser
from ops.packaging import last_choice, near


def main(options: list[str]) -> int:
    Parser(prog="python -m ops checkpoint", description=__doc__).parse_args(options)
    print(near(last_choice().checkpoint))
    return 0
