"""What stands around an answer, rendered in one language: files, the wait, what can be copied, earlier questions.

Pure functions that return HTML. Users' text is escaped.
"""

from html import escape

from .documents import DroppedFile
from .link import to_fragment
from .session import Asked, Session
from .views import problem_sentence
from .words import Words


def dropped(files: tuple[DroppedFile, ...], words: Words) -> str:
    """Return the files that the visitor has dropped; of one that is not searched, why."""
    if not files:
        return ""
    items = "".join(_file(index, file, words) for index, file in enumerate(files))
    return f'<ul aria-label="{escape(words.dropped)}">{items}</ul>'


def waiting(words: Words) -> str:
    """Return what is shown during the wait, and after one that was cancelled or failed.

    ``page.js`` counts the seconds, and chooses the one that is seen.
    """
    seconds = escape(words.seconds).format(seconds='<span class="seconds">0</span>')
    elapsed = f'<span aria-hidden="true">{seconds}</span>'
    cancel = f'<button type="button" data-cancel>{escape(words.cancel)}</button>'
    return (
        f'<p class="waiting"><span role="status">{escape(words.waiting)}</span> {elapsed} {cancel}</p>'
        f'<p class="cancelled" role="status">{escape(words.cancelled)}</p>'
        f'<p class="failed" role="alert">{escape(words.failed)}</p>'
        f'<p class="large" role="alert">{escape(words.large)}</p>'
    )


def copying(session: Session, words: Words) -> str:
    """Return the buttons that copy the answer, and a link to the question and its text."""
    asked = session.shown
    if asked is None:
        return ""
    buttons = [] if not _found(asked) else [_copy("text", asked.answer.answer, words.copy_answer)]
    fragment = None if asked.files else to_fragment(asked.question, asked.pasted)
    if fragment is None:
        why = words.link_without_files if asked.files else words.link_too_long
        buttons.append(
            f'<button type="button" disabled>{escape(words.copy_link)}</button> <small>{escape(why)}</small>'
        )
    else:
        buttons.append(_copy("fragment", fragment, words.copy_link))
    said = f'data-copied="{escape(words.copied)}" data-not-copied="{escape(words.not_copied)}"'
    return f'<p>{" ".join(buttons)} <span role="status" {said}></span></p>'


def history(session: Session, words: Words) -> str:
    """Return the questions so far, newest first, and the button that forgets them."""
    if not session.history:
        return ""
    items = "".join(_earlier(index, session, words) for index in reversed(range(len(session.history))))
    forget = f'<button type="button" data-forget>{escape(words.forget)}</button>'
    return (
        f'<section aria-labelledby="history-title"><h2 id="history-title">{escape(words.history)}</h2>'
        f"<ol>{items}</ol>"
        f'<p class="kept"><small>{escape(words.history_kept)}</small> {forget}</p></section>'
    )


def _file(index: int, file: DroppedFile, words: Words) -> str:
    remove = escape(words.remove.format(name=file.name))
    button = f'<button type="button" data-file="{index}" aria-label="{remove}" title="{remove}">×</button>'
    if file.problem is not None:
        said = f"{escape(problem_sentence(file.problem, words))} <small>{escape(words.not_searched)}</small>"
        return f'<li class="bad"><span>{said}</span> {button}</li>'
    paged = bool(file.documents) and file.documents[0].page is not None
    pages = f" <small>{escape(words.pages.format(count=len(file.documents)))}</small>" if paged else ""
    return f"<li><span>{escape(file.name)}{pages}</span> {button}</li>"


def _copy(what: str, value: str, label: str) -> str:
    return f'<button type="button" data-copy="{what}" data-value="{escape(value)}">{escape(label)}</button>'


def _earlier(index: int, session: Session, words: Words) -> str:
    asked = session.history[index]
    current = ' aria-current="true"' if index == session.chosen else ""
    found = f'<span lang="ja">{escape(asked.answer.answer)}</span>' if _found(asked) else escape(words.none_here)
    return (
        f'<li><button type="button" data-earlier="{index}"{current}>'
        f'<span lang="ja">{escape(asked.question)}</span> <small>{found}</small></button></li>'
    )


def _found(asked: Asked) -> bool:
    return asked.answer.start is not None and asked.answer.confidence != "none"
