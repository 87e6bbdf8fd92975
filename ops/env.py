"""Print the environment as shell lines: ``eval "$(make -s env)"``."""

import shlex

from ops.layout import RUN, environment


def main() -> None:
    for name, value in environment(RUN).items():
        print(f"export {name}={shlex.quote(value)}")


if __name__ == "__main__":
    main()
