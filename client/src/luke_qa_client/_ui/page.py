"""The page in Gradio: its components and its events."""

import asyncio
from pathlib import Path
from typing import Any, Final

import gradio as gr

from .._async_client import AsyncLukeQAClient
from . import asides, views
from .asking import ask, judge
from .documents import DroppedFile, add_files, read_dropped, refused
from .examples import EXAMPLES, QUESTION, TEXT, without_example
from .feedback import FeedbackFile
from .gate import LARGEST_FILE, LARGEST_UPLOAD
from .kept import from_json, to_json
from .link import from_fragment
from .pending import Pending
from .problems import Problem, Trouble
from .session import Asked, Session
from .turns import AT_ONCE, WAITING, FullError, Turns
from .words import JAPANESE, WORDS, Language, Words, preferred

_SESSIONS: Final = 200  # the number of sessions kept, newest first
_LEFT_CHECK_INTERVAL: Final = 1.0  # seconds
_FILE_LIFETIME: Final = 3600  # seconds, at least
_FILE_CHECK_INTERVAL: Final = 600  # seconds
_IN_BROWSER: Final = "luke-qa"  # the key of the browser's local storage, and of its encryption, which hides nothing

# For screen readers: the language of the page, and the best answer when it arrives.
_SPEAK: Final = "language => { document.documentElement.lang = language }"
_OPENED: Final = "kept => [kept, lukeQA.opened()]"
_READ_OUT: Final = "element.closest('#headline').setAttribute('aria-live', 'polite')"


def build_page(client: AsyncLukeQAClient, feedback: FeedbackFile | None = None) -> Any:
    """Return the page, which asks through ``client``; each visitor has a separate session.

    With ``feedback``, visitors can say whether an answer is right, and the file keeps what they say.
    """
    forgetting = (_FILE_CHECK_INTERVAL, _FILE_LIFETIME)
    turns = Turns(AT_ONCE, WAITING)
    with gr.Blocks(title=JAPANESE.title, analytics_enabled=False, fill_width=True, delete_cache=forgetting) as page:
        session = gr.State(Session())
        files = gr.State(())
        pending = gr.State(Pending())  # every visitor has a copy, which their events change
        kept = gr.BrowserState(storage_key=_IN_BROWSER, secret=_IN_BROWSER)
        link = gr.Textbox(visible=False)
        wait = gr.JSON({}, visible=False)  # what ``page.js`` and the events of a question tell each other of it
        with gr.Row(elem_id="top"):
            title = gr.HTML()
            language = gr.Radio(
                [("日本語", "ja"), ("English", "en")],
                value="ja",
                label=JAPANESE.language,
                container=False,
                elem_id="language",
            )
        with gr.Row(elem_id="columns"):
            with gr.Column(min_width=0, elem_id="asking"):
                text = gr.Textbox(TEXT, lines=6, max_lines=16, elem_id="text")
                drop = gr.File(file_count="multiple", show_label=False, elem_id="files")
                script = f"lukeQA.files(element, trigger, {LARGEST_FILE}, {LARGEST_UPLOAD})"
                dropped = gr.HTML(elem_id="dropped", js_on_load=script)
                question = gr.Textbox(QUESTION, max_lines=1, elem_id="question")
                button = gr.Button(variant="primary", elem_id="ask")
                waiting = gr.HTML(elem_id="waiting", js_on_load="lukeQA.waiting(element, trigger)")
                examples = gr.Examples(
                    [list(example) for example in EXAMPLES],
                    [question, text],
                    example_labels=[example for example, _ in EXAMPLES],
                    elem_id="examples",
                    api_visibility="private",
                ).dataset
                with gr.Accordion(open=False, elem_id="more") as more:
                    most = gr.Slider(1, 10, value=3, step=1, buttons=[])
                    allow_no_answer = gr.Checkbox(False)
            with gr.Column(min_width=0, elem_id="found"):
                headline = gr.HTML(elem_id="headline", js_on_load=_READ_OUT)
                copying = gr.HTML(elem_id="copying", js_on_load="lukeQA.copying(element)")
                judging = "lukeQA.verdict(element, trigger, watch)"
                verdict = gr.HTML(elem_id="verdict", js_on_load=judging, visible=feedback is not None)
                details = gr.HTML(elem_id="details", js_on_load="lukeQA.answers(element, watch)")
            with gr.Column(min_width=0, elem_id="earlier"):
                history = gr.HTML(elem_id="history", js_on_load="lukeQA.earlier(element, trigger)")

        asked = [question, text, files, dropped]
        shown = [headline, copying, verdict, details, history]
        labelled = [title, language, question, text, examples, more, most, allow_no_answer, button, waiting]

        async def answer(
            pending: Pending,
            question: str,
            text: str,
            files: tuple[DroppedFile, ...],
            most: float,
            no_answer: bool,
            wait: dict[str, int],
            request: gr.Request,
        ) -> dict[str, int]:
            number = wait["ticket"]

            async def search() -> Asked | Problem:
                try:
                    async with turns.turn():
                        return await ask(client, question, text, files, most=int(most), allow_no_answer=no_answer)
                except FullError:
                    return Problem(Trouble.OVERLOADED)

            async def cancel_if_left() -> None:
                while not await request.request.is_disconnected():
                    await asyncio.sleep(_LEFT_CHECK_INTERVAL)
                pending.cancel(number)

            leaving = asyncio.create_task(cancel_if_left())
            try:
                await pending.ask(number, search)
            finally:
                leaving.cancel()
            return {"ended": number}

        async def cancel(pending: Pending, event: gr.EventData) -> None:
            pending.cancel(event.ticket)

        async def show(pending: Pending, session: Session, language: Language, wait: dict[str, int]) -> Any:
            pending.cancel(wait["over"])  # which the browser knows first
            found = pending.take()
            if pending.last < wait["ended"]:  # Gradio forgets the oldest of many visitors
                found = Problem(Trouble.FAILED)
            told = {"ended": max(pending.ended, wait["ended"]), "shown": found is not None}
            match found:
                case None:
                    return told, *(gr.skip() for _ in changed)
                case Problem():
                    session = session.failed(found)
                case Asked():
                    session = session.answered(found)
            return told, *await asyncio.to_thread(_changed, session, WORDS[language])

        def choose(session: Session, language: Language, event: gr.EventData) -> Any:
            session = session.showing(event.index)
            return *_asked(session.shown, WORDS[language]), *_changed(session, WORDS[language])

        async def forget(pending: Pending, language: Language, event: gr.EventData) -> Any:
            pending.cancel(event.over)
            return _changed(Session(), WORDS[language])

        def say(session: Session, language: Language, event: gr.EventData) -> Any:
            if feedback is not None:
                session = judge(session, feedback, event._data or {})
            return _changed(session, WORDS[language])

        def add(paths: list[str], files: tuple[DroppedFile, ...], text: str, language: Language) -> Any:
            files = add_files(files, (read_dropped(Path(path)) for path in paths))
            return None, files, asides.dropped(files, WORDS[language]), without_example(text)

        def refuse(files: tuple[DroppedFile, ...], language: Language, event: gr.EventData) -> Any:
            files = add_files(files, (refused(str(name), Trouble.LARGE_FILE) for name in event.large))
            return files, asides.dropped(files, WORDS[language])

        def remove(files: tuple[DroppedFile, ...], language: Language, event: gr.EventData) -> Any:
            files = tuple(file for index, file in enumerate(files) if index != event.index)
            return files, asides.dropped(files, WORDS[language])

        def speak(session: Session, files: tuple[DroppedFile, ...], language: Language) -> Any:
            words = WORDS[language]
            return *_labels(words), asides.dropped(files, words), *_shown(session, words)

        def greet(kept: Any, link: str, request: gr.Request) -> Any:
            session = from_json(kept)
            language = preferred(request.headers.get("accept-language", ""))
            words = WORDS[language]
            if linked := from_fragment(link):
                session = Session(session.history)
                filled = [*linked, (), ""]
            else:
                filled = _asked(session.shown, words)
            return language, *_labels(words), *filled, session, *_shown(session, words)

        # Nothing goes through Gradio's queue: its events share a stream, where they can lose each other's results, and
        # its cancel is for whatever question is there when it comes. A second event shows the answer, because the
        # language or the session may have changed in the meantime.
        at_once = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        any_time = {**at_once, "trigger_mode": "multiple"}  # also before the last one has ended
        changed = [session, kept, *shown]
        asking = gr.on(
            [question.submit, button.click],
            answer,
            [pending, question, text, files, most, allow_no_answer, wait],
            wait,
            js="lukeQA.wait",
            **any_time,
        )
        shows = asking.then(show, [pending, session, language, wait], [wait, *changed], js="lukeQA.shows", **any_time)
        shows.then(None, wait, js="lukeQA.settle", **any_time)
        waiting.stop(cancel, pending, **any_time)
        history.select(choose, [session, language], [*asked, *changed], **at_once)
        history.clear(forget, [pending, language], changed, **any_time)
        drop.upload(add, [drop, files, text, language], [drop, files, dropped, text], **at_once)
        dropped.upload(refuse, [files, language], [files, dropped], **at_once)
        dropped.delete(remove, [files, language], [files, dropped], **at_once)
        if feedback is not None:
            verdict.click(say, [session, language], changed, **at_once)
        language.input(speak, [session, files, language], [*labelled, dropped, *shown], **at_once)
        language.change(None, language, js=_SPEAK, **at_once)
        page.load(greet, [kept, link], [language, *labelled, *asked, session, *shown], js=_OPENED, **at_once)
    page.state_session_capacity = _SESSIONS
    # ``launch`` would set this. Without it Gradio considers the page under construction, and accepts any path on this
    # machine as a file that a visitor has uploaded.
    page.has_launched = True
    return page


def _labels(words: Words) -> list[Any]:
    """Return the label of every component, in the order of ``labelled``."""
    return [
        f"<h1>{words.title}</h1><p>{words.lead}</p>",
        gr.update(label=words.language),
        gr.update(label=words.question, info=words.ask_key),
        gr.update(label=words.text, info=words.text_help),
        gr.update(label=words.examples),
        gr.update(label=words.more),
        gr.update(label=words.most),
        gr.update(label=words.allow_no_answer),
        words.ask,
        asides.waiting(words),
    ]


def _asked(asked: Asked | None, words: Words) -> list[Any]:
    """Return what was asked, or the first example, in the order of ``asked``."""
    if asked is None:
        return [QUESTION, TEXT, (), ""]
    return [asked.question, asked.pasted, asked.files, asides.dropped(asked.files, words)]


def _changed(session: Session, words: Words) -> list[Any]:
    """Return a session that has changed, in the order of ``changed``."""
    return [session, to_json(session), *_shown(session, words)]


def _shown(session: Session, words: Words) -> list[Any]:
    """Return the content of a session, in the order of ``shown``."""
    return [
        views.headline(session, words),
        asides.copying(session, words),
        views.verdict(session, words),
        views.details(session, words),
        asides.history(session, words),
    ]
