"""An answer rendered in one language: pure functions that return HTML. Users' text is escaped."""

from html import escape
from typing import Final

from .._answers import Answer, Span
from .feedback import Verdict
from .highlight import mark_places
from .places import Place
from .problems import Problem
from .session import Asked, Session
from .words import Words, percent

_MOST_TEXTS: Final = 20  # of more, only those with an answer are shown


def headline(session: Session, words: Words) -> str:
    """Return the headline, which screen readers read out: the best answer, or why there is none.

    What is probably not in the text is said instead of the best guess, which is beneath it, folded up.
    """
    if session.problem:
        return f'<p class="problem">{escape(problem_sentence(session.problem, words))}</p>'
    asked = session.shown
    if asked is None:
        return f'<p class="welcome">{escape(words.welcome)}</p>'
    return f'<p class="asked" lang="ja">{escape(asked.question)}</p>{_best(asked.answer, asked.places[0], words)}'


def details(session: Session, words: Words) -> str:
    """Return the answers with their certainty, and the texts with the answers marked."""
    asked = session.shown
    if asked is None:
        return ""
    answers = _answers(asked, words)
    if asked.answer.confidence == "none" and asked.answer.start is not None:
        answers = f'<details class="guesses"><summary>{escape(words.answers)}</summary>{answers}</details>'
    return answers + _texts(asked, words)


def verdict(session: Session, words: Words) -> str:
    """Return the question whether the answer that is shown is right, or what the visitor has said."""
    asked = session.shown
    if asked is None:
        return ""
    if asked.verdict is not None:
        said = f"<p>{escape(_said(asked, asked.verdict, words))} {_button('undo', words.take_back)}</p>"
        return f'<div class="verdict">{said}</div>'
    choice = f"{escape(words.is_right)} {_button('right', words.right)} {_button('wrong', words.wrong)}"
    marking = f"{_button('span', words.marked, ' disabled')} {_button('none', words.not_there)}"
    folded = f'<div class="marking" hidden><p>{escape(words.mark_right)}</p><p>{marking}</p></div>'
    return f'<div class="verdict"><p>{choice}</p>{folded}</div>'


def problem_sentence(problem: Problem, words: Words) -> str:
    """Return the sentence that explains a problem."""
    return words.troubles[problem.trouble].format(detail=problem.detail)


def _best(answer: Answer, place: Place, words: Words) -> str:
    if answer.start is None or answer.confidence == "none":
        probability = answer.score if answer.start is None else answer.no_answer_score
        none = f'<p class="none">{escape(words.no_answer)} {_score(probability)}</p>'
        return none if answer.start is None else none + _guess(answer, words)
    text = f'<strong lang="ja">{escape(answer.answer)}</strong>'
    if answer.confidence == "low":
        unsure = f'<span class="unsure">{escape(words.unsure)}</span>'
        return f'<p class="best low">{text} {unsure} {_certainty(place, words)}</p>'
    return f'<p class="best">{text} {_certainty(place, words)}</p>'


def _guess(answer: Answer, words: Words) -> str:
    summary = f"<summary>{escape(words.guess)}</summary>"
    return f'<details class="guess">{summary}<span lang="ja">{escape(answer.answer)}</span></details>'


def _certainty(place: Place, words: Words) -> str:
    """Return the certainty of a place as a bar, a word and a percentage."""
    return (
        f'<span class="certainty {place.level}">'
        f'<span class="bar" aria-hidden="true" style="--score:{place.score:.4f}"></span>'
        f'<span class="level"><span class="aside">{escape(words.certainty)} </span>'
        f"{escape(words.levels[place.level])}</span> "
        f"{_score(place.score)}</span>"
    )


def _score(probability: float) -> str:
    return f'<span class="score">{escape(percent(probability))}</span>'


def _said(asked: Asked, given: Verdict, words: Words) -> str:
    if given.document is None:
        return words.kept_none
    return words.kept_answer.format(answer=asked.documents[given.document].text[given.start : given.end])


def _button(name: str, label: str, attribute: str = "") -> str:
    return f'<button type="button" data-verdict="{name}"{attribute}>{escape(label)}</button>'


def _answers(asked: Asked, words: Words) -> str:
    items = "".join(_item(rank, place, asked, words) for rank, place in enumerate(asked.places))
    no_answer = words.no_answer_score.format(score=percent(asked.answer.no_answer_score))
    listed = f'<ol class="answers" aria-label="{escape(words.answers)}">{items}</ol>'
    return f'{listed}<p class="no-answer">{escape(no_answer)}</p>'


def _item(rank: int, place: Place, asked: Asked, words: Words) -> str:
    span = place.best
    if span.start is None or span.document is None:
        text = escape(words.none_here)
    else:
        leads = escape(words.place.format(answer=span.answer))
        text = f'<button type="button" data-place="{rank}" title="{leads}" lang="ja">{escape(span.answer)}</button>'
        if len(asked.documents) > 1:
            text += f" <small>{escape(_name(asked, span.document, words))}</small>"
    return f'<li id="answer-{rank}"><div>{text}{_variants(place.variants, words)}</div>{_certainty(place, words)}</li>'


def _variants(variants: tuple[Span, ...], words: Words) -> str:
    """Return the answers that overlap the best one of their place, folded up."""
    if not variants:
        return ""
    items = "".join(f'<li><span lang="ja">{escape(span.answer)}</span> {_score(span.score)}</li>' for span in variants)
    summary = escape(words.variants.format(count=len(variants)))
    return f'<details class="variants"><summary>{summary}</summary><ul>{items}</ul></details>'


def _texts(asked: Asked, words: Words) -> str:
    answered = {place.best.document for place in asked.places}
    shown = [index for index in range(len(asked.documents)) if len(asked.documents) <= _MOST_TEXTS or index in answered]
    texts = "".join(_text(asked, index, words) for index in shown)
    others = len(asked.documents) - len(shown)
    note = f"<p><small>{escape(words.others.format(count=others))}</small></p>" if others else ""
    return f'<section class="texts" aria-label="{escape(words.documents)}">{texts}{note}</section>'


def _text(asked: Asked, index: int, words: Words) -> str:
    """Return one text. If there are several, it has a name, and is collapsed if it contains no answer."""
    marked = mark_places(asked.documents[index].text, index, asked.places)
    name = escape(_name(asked, index, words))
    weak = " weak" if asked.answer.confidence == "none" else ""
    attributes = f'class="text{weak}" lang="ja" role="group" aria-label="{name}" tabindex="0" data-document="{index}"'
    body = f"<div {attributes}>{marked}</div>"
    if len(asked.documents) == 1:
        return body
    count = sum(place.best.document == index for place in asked.places)
    note = escape(words.count_here.format(count=count) if count else words.none_here)
    return f"<details{' open' if count else ''}><summary>{name} <small>{note}</small></summary>{body}</details>"


def _name(asked: Asked, index: int, words: Words) -> str:
    document = asked.documents[index]
    if document.name is None:
        return words.document.format(number=index + 1)
    return document.name if document.page is None else words.page.format(name=document.name, page=document.page)
