"""Write the configuration of HAProxy: ``python -m deploy.haproxy DIRECTORY [deploy/proxy.yaml]``."""

import argparse
import sys
from pathlib import Path

from ops.bare import packages_needed

with packages_needed():
    from deploy.haproxy.render import render
    from deploy.proxy import Proxy, ProxyError, read_proxy


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.haproxy", description=__doc__)
    parser.add_argument("directory", type=Path, help="gets haproxy.cfg and large.cfg")
    parser.add_argument("settings", nargs="?", type=Path, help="a YAML file; without one, the defaults")
    arguments = parser.parse_args()
    try:
        proxy = read_proxy(arguments.settings) if arguments.settings else Proxy()
        for name, text in render(proxy).items():
            (arguments.directory / name).write_text(text, "utf-8")
        print(proxy.profile, file=sys.stderr)
        if arguments.directory.resolve() != proxy.configuration.resolve():
            print(f"HAProxy looks for large.cfg in {proxy.configuration}: put both files there.", file=sys.stderr)
    except (ProxyError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
