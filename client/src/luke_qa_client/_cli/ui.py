"""``luke-qa ui``: a page on this machine, to ask and to see the answers in the text."""

import argparse
import ipaddress
import os
import signal
import socket
import sys
from importlib.util import find_spec
from typing import Any, Final, NoReturn

from .._errors import MissingExtraError
from .common import UsageError, new_parser, open_client

_HOST: Final = "127.0.0.1"
_PORT: Final = 7860

# A service that is stopped, and a terminal that is closed, where there is such a signal.
_ENDINGS: Final = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]

_DESCRIPTION: Final = """\
Serve a page for a browser: paste a text or drop files, ask in Japanese, see every answer where it stands. The page
asks through this command, so that the server's address and key stay here. Ctrl-C ends it."""

_EPILOG: Final = """\
examples:
  luke-qa ui
  luke-qa ui --url grpc://127.0.0.1:7070 --port 9000

exit status: 130 ended by Ctrl-C, 143 by SIGTERM, 2 bad usage, the port is taken, or the extra is missing"""


def add_parser(commands: Any) -> None:
    parser = new_parser(commands, "ui", "ask in a browser, on a page of this machine", _DESCRIPTION, _EPILOG)
    parser.add_argument("--host", metavar="HOST", default=_HOST, help=f"the address to listen on ({_HOST})")
    parser.add_argument("--port", metavar="N", type=int, default=_PORT, help=f"the port; 0 takes a free one ({_PORT})")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve the page until it is ended."""
    if find_spec("gradio") is None:
        raise MissingExtraError("The page needs the extra ui: pip install luke_qa_client[ui]")
    with open_client(options, patient=False) as client, _listen(options.host, options.port) as listener:
        from .._ui.server import serve  # here, as it takes seconds

        host, port = listener.getsockname()[:2]
        print(f"The page is at http://{f'[{host}]' if ':' in host else host}:{port} (Ctrl-C ends it).", flush=True)
        if not ipaddress.ip_address(host).is_loopback:
            print("luke-qa: Whoever can reach this address can ask with your key.", file=sys.stderr)
        for number in _ENDINGS:
            if signal.getsignal(number) is signal.SIG_DFL:  # nohup has it ignored
                signal.signal(number, _leave)
        serve(client, listener)
    return 0


def _leave(number: int, frame: object) -> NoReturn:
    """End as Ctrl-C does: out of every `with`, so that no visitor's file is left."""
    sys.exit(128 + number)  # what shells report for a signal


def _listen(host: str, port: int) -> socket.socket:
    if port not in range(2**16):
        raise UsageError(f"--port {port} is no port.")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family)
    except socket.gaierror as error:
        raise UsageError(f"--host {host} is no address.") from error
    except OSError as error:
        raise UsageError(f"The page cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}.") from error
