"""Ask the server the model card's question and three more."""

import os
import sys
from pathlib import Path

from ops.asking import EXAMPLES, client_environment, run_luke_qa
from ops.options import Parser

# Where luke-qa asks without --url: it does not read the server's configuration.
USUAL_URL = "http://127.0.0.1:8080"


def main(options: list[str]) -> int:
    """Return the exit status of the last question that failed; 0 if all were answered."""
    Parser(prog="python -m ops demo", description=__doc__).parse_args(options)
    failed = 0
    for example in EXAMPLES:
        print(f"\n  {example.question}\n  {example.context}", flush=True)
        failed = run_luke_qa("ask", "--", example.question, example.context) or failed
    if failed:
        return failed
    command = os.path.relpath(Path(sys.executable).parent / "luke-qa")
    url = client_environment()["LUKE_QA_URL"]
    at = "" if os.environ.get("LUKE_QA_URL") or url == USUAL_URL else f" --url {url}"
    print()
    print(f"Ask it yourself:  make ask QUESTION=… CONTEXT=…   (or: {command} ask QUESTION CONTEXT{at})")
    print("Stop it:          make stop")
    print()
    print("The repository's checkpoint is a small sample, not the model card's model. Three commands to the real one:")
    print("  make model")
    print("  make stop")
    print("  make start CHECKPOINT=checkpoints/luke-japanese-base-finetuned-QA")
    return 0
