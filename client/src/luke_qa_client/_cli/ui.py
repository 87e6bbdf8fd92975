"""``luke-qa ui``: a local page to ask questions and see the answers in the text."""

import argparse
import ipaddress
import os
import signal
import socket
import sys
from errno import EADDRINUSE
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NoReturn

from .._errors import MissingExtraError
from .._ui.feedback import FeedbackFile
from .browser import open_browser
from .common import UsageError, new_parser, open_async_client

_HOST: Final = "127.0.0.1"
_PORT: Final = 7860

# The signals for a stopped service and a closed terminal, on systems that have them.
_ENDINGS: Final = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]

_DESCRIPTION: Final = """\
Serve a local web page: paste a text or drop files, ask in Japanese, and see every answer highlighted in the
text. This command asks the server, so the browser never sees the server's address or key. Ctrl-C stops it."""

_EPILOG: Final = """\
examples:
  luke-qa ui
  luke-qa ui --open
  luke-qa ui --url grpc://127.0.0.1:7070 --port 9000
  luke-qa ui --feedback corrections.jsonl

exit status: 130 stopped by Ctrl-C, 143 stopped by SIGTERM, 129 by the loss of its terminal, 2 usage error, a port
in use, or a missing extra"""


def add_parser(commands: Any) -> None:
    parser = new_parser(commands, "ui", "ask in a browser, on a local page", _DESCRIPTION, _EPILOG)
    parser.add_argument("--host", metavar="HOST", default=_HOST, help=f"address to listen on (default: {_HOST})")
    parser.add_argument(
        "--port", metavar="N", type=int, default=_PORT, help=f"port to listen on; 0 picks a free one (default: {_PORT})"
    )
    parser.add_argument(
        "--feedback",
        metavar="FILE",
        type=Path,
        help="let visitors correct the answers, and keep the corrections in this file (SQuAD 2.0, JSON Lines)",
    )
    parser.add_argument("--open", action="store_true", help="open the page in the browser, if this machine has one")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve the page until it is stopped."""
    if find_spec("gradio") is None:
        # Into the server's environment it would put versions that the server and training cannot take.
        raise MissingExtraError(
            "The page needs the extra ui: run `make ui`, or, in an environment of its own, "
            "pip install luke_qa_client[ui]"
        )
    feedback = None if options.feedback is None else _feedback(options.feedback)
    client = open_async_client(options)  # it closes with the process
    with _listen(options.host, options.port) as listener:
        from .._ui.server import serve  # imported here, because it takes seconds

        host, port = listener.getsockname()[:2]
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        print(f"The page is at {url} (Ctrl-C to stop).", flush=True)
        if not ipaddress.ip_address(host).is_loopback:
            print("luke-qa: Anyone who can reach this address can ask questions with your key.", file=sys.stderr)
        for number in _ENDINGS:
            if signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores SIGHUP
                signal.signal(number, _leave)
        if options.open:
            open_browser(url)  # it waits for the page: the address is listening
        serve(client, listener, feedback)
    return 0


def _feedback(path: Path) -> FeedbackFile:
    if path.suffix.lower() != ".jsonl":
        raise UsageError(f"--feedback {path} must end in .jsonl.")
    try:
        return FeedbackFile(path)
    except OSError as error:
        raise UsageError(f"--feedback {path} cannot be written: {error.strerror}.") from error
    except ValueError as error:
        raise UsageError(f"--feedback {path} contains something else. Choose another file.") from error


def _leave(number: int, frame: object) -> NoReturn:
    """Exit as on Ctrl-C, through every ``with``, which deletes the visitors' files."""
    sys.exit(128 + number)  # the status that shells report for a signal


def _listen(host: str, port: int) -> socket.socket:
    if port not in range(2**16):
        raise UsageError(f"--port must be from 0 to 65535, not {port}.")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family)
    except socket.gaierror as error:
        raise UsageError(f"--host {host} cannot be resolved.") from error
    except OSError as error:
        remedy = (
            " Choose another port with --port (make ui: PORT=); 0 is a free one." if error.errno == EADDRINUSE else ""
        )
        raise UsageError(
            f"The page cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}.{remedy}"
        ) from error
