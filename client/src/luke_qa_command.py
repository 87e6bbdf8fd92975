"""The entry of the ``luke-qa`` command, outside the package: Ctrl-C may come while that is still being imported."""

import sys


def main() -> int:
    """Import and run the command; return its exit status, which is 130 after Ctrl-C at any time."""
    try:
        from luke_qa_client.__main__ import main as run

        return run()
    except KeyboardInterrupt:
        print("luke-qa: Interrupted.", file=sys.stderr)
        return 130
