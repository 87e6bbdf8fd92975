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
