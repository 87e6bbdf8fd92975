"""Strategies for texts and JSON: any characters at all, and those on which tokenizers and parsers stumble."""

from typing import Any, Final

from hypothesis import strategies as st

# Characters that NFKC changes; marks, joiners, controls and white space; beyond the BMP; special tokens.
HARD: Final = (
    *("㍿", "㌀", "ﷺ", "ﬁ", "℃", "①", "Ａ", "ｶﾞ", "か\u3099", "\u3099", "e\u0301", "각", "\u1100\u1161", "ẛ̣"),
    *(
        "\u200b",
        "\u200d",
        "\u2060",
        "\ufeff",
        "\u202e",
        "\u00ad",
        "\ufffd",
        "\ufffe",
        "\U0010ffff",
        "\x00",
        "\x07",
        "\x85",
    ),
    *(" ", "　", "\n", "\r\n", "\t", "\u2028", "\u00a0", "▁", "\u1680"),
    *("𠮷", "👨‍👩‍👧", "🇯🇵", "葛\U000e0100", "龘"),
    *("<s>", "</s>", "<pad>", "<unk>", "<mask>", "<ent>", "<ent2>", "##", "[SEP]"),
    *("。", "、", "「", "」", "（", "）", "(", ")", "|", "?", "？", "苺", "私は", "です", "東京", "1945年", "abc"),
)
_CHARACTERS: Final = st.characters(exclude_categories=["Cs"])

any_text: Final = st.lists(
    st.sampled_from(HARD) | st.text(_CHARACTERS, max_size=6) | st.sampled_from(HARD).map(lambda part: part * 9),
    max_size=16,
).map("".join)
readable_text: Final = any_text.map(lambda text: f"{text}苺")

_NAMES: Final = (
    *("question", "context", "top_k", "max_answer_len", "max_seq_len", "doc_stride", "handle_impossible_answer"),
    *("offsets", "deadline_ms", "request_id", "inputs", "parameters", "align_to_words", "max_question_len"),
    *("data", "body", "Question", "question ", "__proto__", ""),
)
names: Final = st.sampled_from(_NAMES) | st.text(st.characters(), max_size=5)
_NUMBERS: Final = (
    0,
    1,
    -1,
    2**31,
    2**63,
    2**64,
    -(2**63) - 1,
    10**400,
    1e308,
    5e-324,
    0.5,
    -0.0,
    16,
    100,
    101,
    128,
    511,
)

json_values: Final[st.SearchStrategy[Any]] = st.recursive(
    st.none()
    | st.booleans()
    | st.sampled_from(_NUMBERS)
    | st.integers()
    | st.floats()
    | any_text
    | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=8,
)
GOOD: Final[dict[str, Any]] = {"question": "何が好きですか", "context": "私は苺が好きです。"}
fields: Final[st.SearchStrategy[Any]] = st.dictionaries(names, json_values, max_size=5).flatmap(
    lambda some: st.sampled_from([some, GOOD | some, {"inputs": GOOD, "parameters": some}, {"inputs": GOOD | some}])
)
