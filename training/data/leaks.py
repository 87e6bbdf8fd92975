"""The words that templates and slots must not contain.

They come from the examples in tests and documentation, which the checkpoint must answer by generalisation, not from
memory.
"""

FORBIDDEN = (
    "EIMI", "Eimi", "eimi", "苺", "いちご", "イチゴ", "皆さんと会話", "山田", "内藤", "多仲",
    "漱石", "東京タワー", "富士山", "ハチ", "坊っちゃん", "第2会議室", "サービスエリア", "ワイパー",
    "琵琶湖", "養蜂家",
)  # fmt: skip


def find_leaks(text: str) -> list[str]:
    """Return the forbidden words in ``text``."""
    return [word for word in FORBIDDEN if word in text]
