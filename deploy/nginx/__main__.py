"""Print the configuration of nginx: ``python -m deploy.nginx [deploy/proxy.yaml] > nginx.conf``."""

import argparse
import sys
from pathlib import Path

from ops.bare import packages_needed

with packages_needed():
    from deploy.nginx.render import render
    from deploy.proxy import Proxy, ProxyError, read_proxy


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.nginx", description=__doc__)
    parser.add_argument("settings", nargs="?", type=Path, help="a YAML file; without one, the defaults")
    arguments = parser.parse_args()
    try:
        proxy = read_proxy(arguments.settings) if arguments.settings else Proxy()
        text = render(proxy)
    except ProxyError as error:
        print(error, file=sys.stderr)
        return 1
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
