"""Operate the server: ``python -m ops VERB [OPTION...]``."""

import argparse
import signal
import sys
from importlib import import_module

from ops.errors import BAD_USAGE, FAILED, INTERRUPTED, OpsError, UsageError

VERBS = {
    "fetch": "fetch a checkpoint from the Hugging Face hub",
    "needs": "print the setup target of make that the chosen archive needs",
    "checkpoint": "print the checkpoint that was packaged last",
    "archive": "package a checkpoint, if its archive is stale",
    "serve": "serve in the foreground, watched over",
    "start": "start the server and wait until it is ready",
    "stop": "stop the server",
    "status": "show whether the server is up and its workers are ready",
    "ask": "ask the server a question",
    "ui": "ask the server in a browser, on a local page",
    "token": "print the key that the server wants, if any",
    "env": "print the environment for TorchServe's own commands",
    "demo": "ask the server four questions",
}


def main(arguments: list[str] | None = None) -> int:
    """Run a verb; return its exit status: 0, 1 (it failed), 2 (bad usage) or 130 (interrupted)."""
    width = max(map(len, VERBS))
    parser = argparse.ArgumentParser(
        prog="python -m ops",
        usage="%(prog)s VERB [OPTION...]",
        description="Operate the server.",
        epilog="verbs:\n"
        + "\n".join(f"  {verb:{width}}  {about}" for verb, about in VERBS.items())
        + "\n\n`python -m ops VERB --help` shows the options of a verb.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("verb", choices=VERBS, help=argparse.SUPPRESS)
    parser.add_argument("options", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    try:
        status: int = import_module(f"ops.verbs.{given.verb}").main(given.options)
    except UsageError as error:
        return _complain(str(error), BAD_USAGE)
    except OpsError as error:
        return _complain(str(error), FAILED)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _complain(f"{where}{error.strerror or error}.", FAILED)
    except KeyboardInterrupt as interrupt:
        return _complain(": ".join(["Interrupted", *interrupt.args]) + ".", INTERRUPTED)
    return status


def _complain(message: str, status: int) -> int:
    print(message, file=sys.stderr)
    return status


if __name__ == "__main__":
    for ending in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(ending) is not signal.SIG_IGN:  # as it is under nohup
            signal.signal(ending, signal.default_int_handler)  # clean up as after Ctrl-C
    sys.exit(main())
