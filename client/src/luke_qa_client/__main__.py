"""``python -m luke_qa_client``: the command luke-qa without its script."""

import sys

from ._cli import main

if __name__ == "__main__":
    sys.exit(main())
