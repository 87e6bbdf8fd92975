"""Print the key that requests need; an empty line if they need none."""

from ops.options import Parser
from ops.server import inference_key


def main(options: list[str]) -> int:
    Parser(prog="python -m ops token", description=__doc__).parse_args(options)
    print(inference_key())
    return 0
