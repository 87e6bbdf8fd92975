"""A session as JSON, which the visitor's browser keeps, and back. What comes back may have been changed by anyone.

Texts that several questions share are written once: a question refers to them by index.
"""

from dataclasses import asdict
from typing import Any, Final, TypeVar

from .._errors import ServerError
from .._reply import parse_answer
from .documents import Document, DroppedFile
from .feedback import Verdict
from .session import Asked, Session, last_within

_FORMAT: Final = 1
_Item = TypeVar("_Item")


def to_json(session: Session) -> dict[str, Any]:
    """Return the session without its problem; questions whose texts are too long for a browser are left out."""
    history = last_within(session.history)
    dropped = len(session.history) - len(history)
    pasted: list[str] = []
    files: list[DroppedFile] = []
    asked = [
        {
            "question": asked.question,
            "pasted": _index(pasted, asked.pasted),
            "files": [_index(files, file) for file in asked.files],
            "answer": asked.answer.to_dict(),
            "verdict": None if asked.verdict is None else asdict(asked.verdict),
        }
        for asked in history
    ]
    chosen = None if session.chosen is None or session.chosen < dropped else session.chosen - dropped
    return {
        "format": _FORMAT,
        "pasted": pasted,
        "files": [{"name": file.name, "documents": [asdict(part) for part in file.documents]} for file in files],
        "asked": asked,
        "chosen": chosen,
    }


def from_json(kept: object) -> Session:
    """Return the session that a browser kept; an empty one if it is of another version, or was damaged."""
    try:
        return _read_session(kept)
    except (LookupError, TypeError, ValueError, ServerError):
        return Session()


def _read_session(kept: Any) -> Session:
    if kept["format"] != _FORMAT:
        return Session()
    pasted = [_typed(text, str) for text in kept["pasted"]]
    files = [_read_file(file) for file in kept["files"]]
    history = tuple(_read_asked(asked, pasted, files) for asked in kept["asked"])
    chosen = kept["chosen"]
    session = Session(last_within(history))
    return session if chosen is None else session.showing(_typed(chosen, int))


def _read_file(kept: Any) -> DroppedFile:
    documents = (
        Document(
            _typed(part["text"], str),
            _typed(part["name"], str),
            None if part["page"] is None else _typed(part["page"], int),
            _typed(part["is_wrapped"], bool),
        )
        for part in kept["documents"]
    )
    return DroppedFile(_typed(kept["name"], str), tuple(documents))


def _read_asked(kept: Any, pasted: list[str], files: list[DroppedFile]) -> Asked:
    asked = Asked(
        _typed(kept["question"], str),
        pasted[kept["pasted"]],
        tuple(files[index] for index in kept["files"]),
        parse_answer(kept["answer"], None),
        None if kept["verdict"] is None else _read_verdict(kept["verdict"]),
    )
    texts = [document.text for document in asked.documents]
    for span in (asked.answer, *asked.answer.alternatives):
        if span.start is None:
            continue
        place = texts[_typed(span.document, int)][span.start : span.end]
        if "".join(place.split()) != "".join(span.answer.split()):  # an answer across wrapped lines has no breaks
            raise ValueError("This answer is not in its text.")
    if asked.verdict is not None and asked.verdict.document is not None and asked.verdict.document >= len(texts):
        raise ValueError("This verdict is about no text.")
    return asked


def _read_verdict(kept: Any) -> Verdict:
    document = None if kept["document"] is None else _typed(kept["document"], int)
    return Verdict(document, _typed(kept["start"], int), _typed(kept["end"], int))


def _index(table: list[_Item], item: _Item) -> int:
    """Return the index of an item in the table, to which it is added if it is new."""
    if item not in table:
        table.append(item)
    return table.index(item)


def _typed(value: Any, kind: type[_Item]) -> _Item:
    if type(value) is not kind:
        raise TypeError
    return value
