"""Ask the server the model card's question and three more."""

import os
import sys
from pathlib import Path

from ops.asking import EXAMPLES, run_luke_qa
from ops.options import Parser


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
    print()
    print(f"Ask it yourself:  make ask QUESTION=… CONTEXT=…   (or: {command} ask QUESTION CONTEXT)")
    print("Stop it:          make stop")
    print()
    print("The repository's checkpoint is a small sample, not the model card's model. Two commands to the real one:")
    print("  make model")
    print("  make start CHECKPOINT=checkpoints/luke-japanese-base-finetuned-QA")
    return 0
