"""Print the environment for TorchServe's own commands as shell lines: eval "$(make -s env)"."""

import shlex

from ops.layout import RUN, environment
from ops.options import Parser


def main(options: list[str]) -> int:
    Parser(prog="python -m ops env", description=__doc__).parse_args(options)
    for name, value in environment(RUN).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0
