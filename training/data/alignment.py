"""Map an answer's characters to tokens."""

import numpy as np

from luke_qa.tokenizer import TokenizedText


def covering(tokens: TokenizedText, start: int, end: int) -> tuple[int, int] | None:
    """Find the tokens [first, last) that cover the characters [start, end) of the text; None if no token does.

    An answer that begins or ends inside a token gets the whole token.
    """
    first = int(np.searchsorted(tokens.ends, start, "right"))
    last = int(np.searchsorted(tokens.starts, end, "left"))
    return (first, last) if first < last else None


def is_aligned(tokens: TokenizedText, start: int, end: int, text: str) -> bool:
    """Return whether some sequence of tokens reads exactly like text[start:end], apart from whitespace at its ends."""
    found = covering(tokens, start, end)
    if found is None:
        return False
    whole = text[tokens.starts[found[0]] : tokens.ends[found[1] - 1]]
    return whole.strip() == text[start:end].strip()
