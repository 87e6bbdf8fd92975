"""Print the configuration of HAProxy: ``python -m deploy.haproxy [deploy/proxy.yaml] > haproxy.cfg``."""

import argparse
import sys
from pathlib import Path

from deploy.haproxy.render import render
from deploy.proxy import Proxy, ProxyError, read_proxy


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.haproxy", description=__doc__)
    parser.add_argument("settings", nargs="?", type=Path, help="a YAML file; without one, the defaults")
    arguments = parser.parse_args()
    try:
        proxy = read_proxy(arguments.settings) if arguments.settings else Proxy()
    except ProxyError as error:
        print(error, file=sys.stderr)
        return 1
    print(render(proxy), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
