"""Ask the running server the model card's question and three more: ``python -m ops.demo``.

The server and its key come from ``LUKE_QA_URL`` and ``LUKE_QA_TOKEN``.
"""

import os
from dataclasses import dataclass

from luke_qa_client import LukeQAClient


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
)


def main() -> None:
    url = os.environ.get("LUKE_QA_URL") or "http://127.0.0.1:8080"
    with LukeQAClient(url, token=os.environ.get("LUKE_QA_TOKEN") or None) as client:
        for example in EXAMPLES:
            found = client.ask(example.question, example.context)
            place = f"[{found.start}:{found.end}]"
            print(f"\n  {example.question}\n  {example.context}\n{found.answer}  {found.score:.4f}  {place}")


if __name__ == "__main__":
    main()
