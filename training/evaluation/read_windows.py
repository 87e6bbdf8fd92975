"""The windows of long cases that were read: the logits of each are computed once, whatever is asked of them later.

A cut, a weight or another ranking then costs a look-up and a decoding. Files keep the logits for the next run. Their
folder bears a digest of the weights, so another checkpoint's logits are never taken for these.
"""

import os
from dataclasses import replace
from hashlib import blake2b, file_digest
from pathlib import Path

import numpy as np

from luke_qa.backends.base import Logits
from luke_qa.checkpoint import open_checkpoint
from luke_qa.engine import Engine
from luke_qa.errors import RequestError
from luke_qa.query import Answers, Options, Query
from luke_qa.windows import Window
from ops.reader import DOC_STRIDE, MAX_ANSWER_LEN
from training.evaluation.long_texts import LongCase

Place = tuple[int, int]  # document, first context token


def logits_folder(work: Path, checkpoint: Path, dtype: str) -> Path:
    """Return the folder in ``work`` for the logits of this checkpoint, computed in ``dtype``.

    Raises:
        CheckpointError: it is no checkpoint.
    """
    with open_checkpoint(checkpoint).weights_file.open("rb") as weights:
        digest = file_digest(weights, lambda: blake2b(digest_size=8)).hexdigest()
    return work / f"{digest}-{dtype}"


class ReadCase:
    """A case, and the logits of the windows that were read of it, as the server's defaults cut them.

    ``folder`` keeps them for other runs.
    """

    def __init__(self, case: LongCase, folder: Path | None = None) -> None:
        self.case = case
        self._file = folder and folder / f"{_name(case)}.npz"
        self._logits: dict[Place, Logits] = _load(self._file) if self._file and self._file.exists() else {}

    def answer(self, engine: Engine, max_windows: int | None, top_k: int = 1) -> Answers:
        """Answer from the ``max_windows`` windows that ``engine`` ranks highest (None: all); compute what is missing.

        Raises:
            RequestError: the engine cannot answer.
        """
        prepared = engine.prepare(case_query(engine, self.case, max_windows, top_k))
        missing = tuple(window for window in prepared.windows if _place(window) not in self._logits)
        if missing:
            (found,) = engine.compute([replace(prepared, windows=missing)])
            if isinstance(found, RequestError):
                raise found
            self._logits |= zip(map(_place, missing), found, strict=True)
            if self._file:
                _save(self._file, self._logits)
        (answers,) = engine.decode(prepared, [self._logits[_place(window)] for window in prepared.windows])
        return answers


def case_query(engine: Engine, case: LongCase, max_windows: int | None, top_k: int = 1) -> Query:
    """Return the query with the server's defaults."""
    stride = min(DOC_STRIDE, engine.max_tokens // 2)
    options = Options(top_k, MAX_ANSWER_LEN, engine.max_tokens, stride, max_windows=max_windows)
    return Query((case.question,), case.contexts, options)


def _name(case: LongCase) -> str:
    digest = blake2b(digest_size=16)
    for text in (case.question, *case.contexts):
        encoded = text.encode()
        digest.update(len(encoded).to_bytes(8, "little") + encoded)
    return digest.hexdigest()


def _place(window: Window) -> Place:
    return window.document, window.context_start


def _load(file: Path) -> dict[Place, Logits]:
    stored = np.load(file)
    borders = np.cumsum(stored["lengths"])[:-1]
    starts, ends = np.split(stored["start"], borders), np.split(stored["end"], borders)
    places = [(document, first) for document, first in stored["places"].tolist()]
    return {place: Logits(start, end) for place, start, end in zip(places, starts, ends, strict=True)}


def _save(file: Path, logits: dict[Place, Logits]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    with new.open("wb") as stream:
        np.savez(
            stream,
            places=np.array(list(logits)),
            lengths=np.array([len(each.start) for each in logits.values()]),
            start=np.concatenate([each.start for each in logits.values()]),
            end=np.concatenate([each.end for each in logits.values()]),
        )
    os.replace(new, file)
