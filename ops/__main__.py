"""Operate the server: ``python -m ops COMMAND [OPTION...]``."""

import argparse
import signal
import sys
from importlib import import_module

from ops.bare import missing_package
from ops.errors import BAD_USAGE, FAILED, INTERRUPTED, OpsError, UsageError
from ops.options import Parser

VERBS = {
    "fetch": "fetch a checkpoint from the Hugging Face Hub",
    "needs": "print the make target that installs what the chosen archive needs",
    "checkpoint": "print the checkpoint that was packaged last",
    "archive": "package a checkpoint, if its archive is stale",
    "serve": "serve in the foreground, under a supervisor",
    "start": "start the server and wait until it is ready",
    "upgrade": "put another checkpoint into service without losing a request",
    "rollback": "put the archive from before the last upgrade back into service",
    "stop": "stop the server",
    "status": "show whether the server is up and its workers are ready",
    "ask": "ask the server a question",
    "ui": "ask the server on a local web page",
    "keys": "issue, list, rotate and revoke the API keys that the proxy accepts",
    "token": "print the key that requests need, if any",
    "env": "print the environment for TorchServe's own commands",
    "demo": "ask the server four questions",
}


def main(arguments: list[str] | None = None) -> int:
    """Run a verb; return its exit status: 0, 1 (it failed), 2 (bad usage) or 130 (interrupted)."""
    try:
        given = _parser().parse_args(arguments)
        if given.verb not in VERBS:
            raise UsageError(f"{given.verb!r} is not a command; see `python -m ops --help`.")
        status: int = import_module(f"ops.verbs.{given.verb}").main(given.options)
    except UsageError as error:
        return _complain(str(error), BAD_USAGE)
    except OpsError as error:
        return _complain(str(error), FAILED)
    except ModuleNotFoundError as error:
        return _complain(missing_package(error), FAILED)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _complain(f"{where}{error.strerror or error}.", FAILED)
    except KeyboardInterrupt as interrupt:
        return _complain(": ".join(["Interrupted", *interrupt.args]) + ".", INTERRUPTED)
    return status


def _parser() -> Parser:
    width = max(map(len, VERBS))
    parser = Parser(
        prog="python -m ops",
        usage="%(prog)s COMMAND [OPTION...]",
        description="Operate the server.",
        epilog="commands:\n"
        + "\n".join(f"  {verb:{width}}  {about}" for verb, about in VERBS.items())
        + "\n\n`python -m ops COMMAND --help` shows the options of a command.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("verb", nargs="?", default="", help=argparse.SUPPRESS)
    parser.add_argument("options", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def _complain(message: str, status: int) -> int:
    print(message, file=sys.stderr)
    return status


if __name__ == "__main__":
    for ending in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(ending) is not signal.SIG_IGN:  # as it is under nohup
            signal.signal(ending, signal.default_int_handler)  # clean up as after Ctrl-C
    sys.exit(main())
