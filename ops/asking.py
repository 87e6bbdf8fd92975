"""The questions of the demo, and how the server is asked: with the ``luke-qa`` command."""

import os
import subprocess
import sys
from dataclasses import dataclass

from ops.server import inference_key, running_instance


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
        "巣箱を運ぶのをどれくらい遅らせましたか",
        "養蜂家の佐伯さんは、この春は花の咲くのが遅かったため、巣箱を山へ運ぶのを二週間遅らせた。",
        "二週間",
    ),
)


def client_environment() -> dict[str, str]:
    """The environment for ``luke-qa``: with the address and the key of the server that runs here.

    If ``LUKE_QA_URL`` names another server, the environment stays as it is: our key is none of that server's business.
    """
    if os.environ.get("LUKE_QA_URL"):
        return dict(os.environ)
    return {**os.environ, "LUKE_QA_URL": running_instance().inference_url, "LUKE_QA_TOKEN": inference_key()}


def run_luke_qa(*arguments: str) -> int:
    """Run ``luke-qa``; return its exit status."""
    return subprocess.run([sys.executable, "-m", "luke_qa_client", *arguments], env=client_environment()).returncode
