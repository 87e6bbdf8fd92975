"""The examples that the page offers. The first one is filled in on a first visit."""

from typing import Final

EXAMPLES: Final[tuple[tuple[str, str], ...]] = (  # a question and its text
    (
        "好きな食べ物は何ですか",
        "私の名前はEIMIです。好きな食べ物は苺です。 趣味は皆さんと会話することです。",
    ),
    (
        "琵琶湖はいつできましたか",
        "琵琶湖は滋賀県の中央にある日本最大の湖で、およそ四百万年前にできた。固有の生き物は六十種を超える。",
    ),
    (
        "図書館を設計したのは誰ですか",
        "市役所は、田中さんが設計した。三年前に完成した。\n---\n図書館は、三浦さんが設計した。去年の春に開館した。",
    ),
    (
        "駐車場の料金はいくらですか",
        "植物園は午前九時に開きます。入園料は大人五百円、子供二百円です。月曜日は休みです。",
    ),
)
QUESTION: Final = EXAMPLES[0][0]
TEXT: Final = EXAMPLES[0][1]


def without_example(text: str) -> str:
    """Return the text, or nothing if it is an example's: who drops a file does not need the example."""
    return "" if any(text == example for _, example in EXAMPLES) else text
