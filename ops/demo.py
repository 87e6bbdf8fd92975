"""Ask the running server the model card's question and three more: ``python -m ops.demo``.

By ``luke-qa ask``, so the server is ``LUKE_QA_URL`` and the key ``LUKE_QA_TOKEN``.
"""

import sys
from dataclasses import dataclass

from luke_qa_client._cli import main as luke_qa


@dataclass(frozen=True, slots=True)
class Example:
    """A question, the text that answers it, and the answer that a reader would give."""

    question: str
    context: str
    answer: str


EXAMPLES = (
    Example(
        "好きな食べ物は何ですか",
        "私の名前はEIMIです。好きな食べ物は苺です。 趣味は皆さんと会話することです。",
        "苺",
    ),
    Example(
        "琵琶湖はいつできましたか",
        "琵琶湖は滋賀県の中央にある日本最大の湖で、およそ四百万年前にできた。固有の生き物は六十種を超える。",
        "およそ四百万年前",
    ),
    Example(
        "味噌を売ったのは誰ですか",
        "朝市では、養蜂家の佐伯さんが蜂蜜を、隣の畑の大友さんが味噌を売った。",
        "大友さん",
    ),
    Example(
        "佐伯さんはなぜ巣箱を運ぶのを遅らせたのですか",
        "養蜂家の佐伯さんは、この春は花の咲くのが遅かったため、巣箱を山へ運ぶのを二週間遅らせた。",
        "花の咲くのが遅かった",
    ),
)


def main() -> int:
    """The exit status of the last question that failed; 0 where all were answered."""
    failed = 0
    for example in EXAMPLES:
        print(f"\n  {example.question}\n  {example.context}", flush=True)
        failed = luke_qa(["ask", "--", example.question, example.context]) or failed
    return failed


if __name__ == "__main__":
    sys.exit(main())
