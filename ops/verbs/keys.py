"""Issue, list, rotate and revoke the API keys that the proxy accepts.

A change takes effect when the proxy is reloaded.
"""

import shlex
import sys
from pathlib import Path

from ops.keys import issue_key, read_keys, require_key, revoke_keys
from ops.layout import RUN
from ops.options import Parser

KEYS = RUN / "keys.map"
COMMAND = "PYTHONPATH=.:handler:client/src .venv/bin/python -m ops"  # as it can be typed in the repository


def main(options: list[str]) -> int:
    parser = Parser(prog="python -m ops keys", description=__doc__)
    parser.add_argument("--file", type=Path, default=KEYS, help="the proxy's file of keys (default: .run/keys.map)")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for action, about in (
        ("issue", "print a new key for NAME; its former keys stay valid"),
        ("rotate", "the same: revoke the former keys when the new one is in use"),
        ("revoke", "make the keys of NAME invalid"),
    ):
        actions.add_parser(action, help=about).add_argument("name", metavar="NAME", help="who holds the key")
    actions.choices["revoke"].add_argument("--but-newest", action="store_true", help="keep the newest one")
    actions.add_parser("list", help="show the names, with the time at which each key was issued")
    given = parser.parse_args(options)
    if given.action == "list":
        keys = read_keys(given.file)
        for key in keys:
            issued = f"{key.issued:%Y-%m-%d %H:%M} UTC" if key.issued else "unknown"
            print(f"{issued:20}  {key.name}  {key.digest[:8]}")
        if not keys:
            print(f"There are no keys in {given.file}.", file=sys.stderr)
        return 0
    if given.action == "revoke":
        count = revoke_keys(given.name, given.file, given.but_newest)
        print(f"Revoked {count} {'key' if count == 1 else 'keys'} of {given.name}.", file=sys.stderr)
    else:
        if given.action == "rotate":
            require_key(given.name, given.file)  # a mistyped name would get a key of its own
        print(issue_key(given.name, given.file))
        print("This key is shown only now. Only its digest is stored.", file=sys.stderr)
        if given.action == "rotate":
            command = f"{COMMAND} keys --file {shlex.quote(str(given.file))} revoke {given.name} --but-newest"
            print(f"When it is in use: {command}", file=sys.stderr)
    print(f"The keys are in {given.file}. Reload the proxy to apply the change.", file=sys.stderr)
    return 0
