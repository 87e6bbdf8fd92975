"""What templates and slots must not hold: the examples of tests and documents, which have to be answered by
generalisation.
"""

FORBIDDEN = (
    "EIMI", "Eimi", "eimi", "苺", "いちご", "イチゴ", "皆さんと会話", "山田", "内藤", "多仲",
    "漱石", "東京タワー", "富士山", "ハチ", "坊っちゃん", "第2会議室", "サービスエリア", "ワイパー",
    "琵琶湖", "養蜂家",
)  # fmt: skip


def find_leaks(text: str) -> list[str]:
    """The forbidden words that `text` holds."""
    return [word for word in FORBIDDEN if word in text]
