"""``python -m luke_qa_client`` runs the ``luke-qa`` command."""

import sys

from ._cli import main as main

if __name__ == "__main__":
    sys.exit(main())
