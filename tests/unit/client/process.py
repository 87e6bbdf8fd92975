"""Python in a separate process, with this checkout's client and none of the caller's settings."""

import os
import subprocess
import sys
from pathlib import Path

CLIENT = Path(__file__).parents[3] / "client"


def environment(**extra: str) -> dict[str, str]:
    """A plain locale whose streams are not UTF-8, so that only the client can make them so."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LUKE_QA_")}
    return {**inherited, "PYTHONPATH": str(CLIENT / "src"), "LC_ALL": "C", "PYTHONIOENCODING": "ascii", **extra}


def run_python(program: str) -> str:
    """What `program` prints."""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment())
    return run.stdout


def assert_needs(extra: str, expression: str, missing: str) -> None:
    """Check that without the module `missing` the package imports, and `expression` names the extra to install."""
    program = f"""
import sys
sys.modules[{missing!r}] = None
from luke_qa_client import AsyncLukeQAClient
from luke_qa_client import LukeQAClient
from luke_qa_client import MissingExtraError
try:
    {expression}
except MissingExtraError as error:
    print(isinstance(error, ImportError), error)
"""
    printed = run_python(program)
    assert printed.startswith("True ")
    assert f"pip install luke_qa_client[{extra}]" in printed
