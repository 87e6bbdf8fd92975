"""Load the sources of a run from the packed data."""

import time
from pathlib import Path

from training.data.encoding import Encoder, cached
from training.data.qa_data import read_questions
from training.data.store import PackedText, load
from training.examples.everyday.source import EverydaySource, noun_pool
from training.examples.examples import Source
from training.examples.human_source import HumanShares, HumanSource
from training.examples.text_source import Shares, TextSource

TOKENIZER = "sentencepiece.bpe.model"


def load_sources(data: Path, cache: Path, processes: int) -> tuple[dict[str, Source], Encoder]:
    """Load every source whose packed file is in ``data``; cache encoded text in ``cache``.

    Raises:
        FileNotFoundError: ``data`` has no vocabulary.
    """
    model = data / TOKENIZER
    if not model.is_file():
        raise FileNotFoundError(
            f"{model} is missing: training.data.vocabulary makes one; a run with --base needs a copy of the base's."
        )
    encoder = Encoder(model)
    sources: dict[str, Source] = {}
    texts = dict[str, PackedText]()
    shares = {
        "articles": Shares(),
        "contexts": Shares(),
        "books": Shares(recurring=0.08, unanswerable=0.1),
        "sentences": Shares(recurring=0.0, unanswerable=0.15),
    }
    for name, share in shares.items():
        path = data / f"{name}.npz.xz"
        if path.exists():
            began = time.monotonic()
            texts[name] = packed = load(path)
            encoded = cached(path, packed, model, processes, cache)
            sources[name] = TextSource(packed, encoded, encoder, share)
            print(
                f"{name}: {len(encoded.ids)} tokens, {len(encoded.first)} sentences, {time.monotonic() - began:.1f} s",
                flush=True,
            )
    spoken = [texts[name] for name in ("sentences", "books", "contexts") if name in texts]
    sources["everyday"] = EverydaySource(encoder, noun_pool(spoken))
    questions = data / "questions.jsonl.xz"
    if questions.exists():
        human = HumanSource(read_questions(questions), encoder, HumanShares())
        sources["human"] = human
        print(f"human: {len(human)} questions", flush=True)
    return sources, encoder
