"""A checkpoint of the real one's layout and size, with random weights: `python -m bench.real DIRECTORY`."""

import sys
from pathlib import Path

from tests.support.checkpoints import REAL, SHARED_TOKENIZER, TOKENIZER_FILE, write_checkpoint

if __name__ == "__main__":
    directory = Path(sys.argv[1])
    if not directory.exists():
        # With the 32,768 pieces of the real vocabulary, where such a model is at hand.
        write_checkpoint(directory, REAL, SHARED_TOKENIZER if SHARED_TOKENIZER.exists() else TOKENIZER_FILE)
