"""``python -m luke_qa_client`` runs the command ``luke-qa``."""

import sys

from ._cli import main

if __name__ == "__main__":
    sys.exit(main())
