"""Texts that are hard on offsets: the golden ones, and strategies that mix them."""

import json
from typing import TypedDict

from hypothesis import strategies as st

from tests.support.checkpoints import GOLDEN


class Case(TypedDict):
    kind: str
    text: str
    input_ids: list[int]


def read_cases(text: str) -> list[Case]:
    """Cases from JSON lines; only a line feed ends a line."""
    return [json.loads(line) for line in text.split("\n") if line]


CASES = read_cases((GOLDEN / "tokenizer_cases.jsonl").read_text(encoding="utf-8"))

_FRAGMENTS = sorted({case["text"] for case in CASES if 0 < len(case["text"]) < 40})
_CHARACTERS = st.characters(exclude_categories=["Cs"])

# Any text at all, lone surrogates excepted.
any_text = st.lists(
    st.one_of(st.sampled_from(_FRAGMENTS), st.text(_CHARACTERS, max_size=5), st.sampled_from(" \n　\t\u200b\0")),
    max_size=12,
).map("".join)

# Text in which something can be found.
readable_text = any_text.map(lambda text: f"{text}苺")
