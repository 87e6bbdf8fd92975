"""The command, called in this process or run in a separate one."""

import io
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from unittest.mock import patch

from luke_qa_client._cli import main
from tests.unit.client.process import CLIENT, environment
from tests.unit.client.stub import Received, Stub

QUESTION = "何が好きですか"
CONTEXT = "私は苺が好きです。"
COMMAND = [sys.executable, "-m", "luke_qa_client"]
PAGE = (CLIENT.parent / "docs" / "command.md").read_text("utf-8")

Run = subprocess.CompletedProcess[bytes]


def luke_qa(*arguments: str, input: bytes = b"") -> Run:
    """Run the command in this process with streams of its own: fast, and with the tests' short pauses."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "ascii") for _ in range(2))
    stdin = io.TextIOWrapper(io.BytesIO(input))
    with redirect_stdout(out), redirect_stderr(err), patch("sys.stdin", stdin):
        try:
            status = main(list(arguments))
        except SystemExit as ended:  # by argparse
            status = int(ended.code or 0)
    written = []
    for stream in (out, err):
        stream.flush()
        written.append(stream.detach().getvalue())
    return subprocess.CompletedProcess(arguments, status, *written)


def luke_qa_process(*arguments: str, **extra: str) -> Run:
    """Run the command in a separate process, with these environment variables."""
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, env=environment(**extra), timeout=60, check=False
    )


def assert_fails(run: Run, status: int, *sentences: str) -> None:
    error = run.stderr.decode()
    assert (run.returncode, run.stdout) == (status, b"")
    assert "Traceback" not in error
    for sentence in sentences:
        assert sentence in error


def without_figures(text: str) -> str:
    """Return the text with every number replaced, as a stub's differ from a server's."""
    return re.sub(r"\d+(,\d+)*(\.\d+)?(e-\d+)?", "0", text)


def questions(stub: Stub) -> list[Received]:
    """The questions that the stub received, without health requests."""
    return [received for received in stub.received if received.body is not None]
