"""The page in Gradio: its layout and its events."""

import json
from importlib.resources import files
from typing import Any, Final

import gradio as gr

from .._client import LukeQAClient
from . import views
from .asking import ask, judge
from .feedback import FeedbackFile
from .session import Session
from .words import JAPANESE, QUESTION, TEXT, WORDS, Language, Words, preferred

_DROP: Final = '#files [data-testid="upload-text"]'  # Gradio's text there can be replaced only by CSS

CSS: Final = (files(__package__) / "page.css").read_text("utf-8") + "".join(
    f':lang({language}) {_DROP}::after {{ content: "{words.drop}" }}\n' for language, words in WORDS.items()
)

# System fonts only, so that no font is downloaded.
FONTS: Final = ("system-ui", "Hiragino Sans", "Yu Gothic UI", "Meiryo", "Noto Sans CJK JP", "sans-serif")
THEME: Final = gr.themes.Base(
    primary_hue="teal", neutral_hue="stone", font=FONTS, font_mono=("ui-monospace", "monospace")
).set(
    body_background_fill="*neutral_50",
    body_background_fill_dark="*neutral_950",
    input_background_fill="white",
    input_background_fill_dark="*neutral_900",
    input_border_width="1px",
    block_background_fill="white",
    block_background_fill_dark="*neutral_900",
    body_text_color_subdued="*neutral_600",
    body_text_color_subdued_dark="*neutral_400",
    block_info_text_color="*neutral_600",
    block_info_text_color_dark="*neutral_400",
    button_primary_background_fill="*primary_700",
    button_primary_background_fill_hover="*primary_800",
    button_primary_background_fill_dark="*primary_700",
    button_primary_background_fill_hover_dark="*primary_600",
)

_CONCURRENCY: Final = 8  # concurrent questions, of all visitors together
_QUEUE_SIZE: Final = 64  # questions in the queue; further ones are rejected
_SESSIONS: Final = 200  # the number of sessions kept, newest first
_FILE_LIFETIME: Final = 3600  # seconds, at least
_FILE_CHECK_INTERVAL: Final = 600  # seconds

# For screen readers: the language of the page, and the best answer when it arrives.
_SPEAK: Final = "language => { document.documentElement.lang = language }"
_READ_OUT: Final = "element.closest('#headline').setAttribute('aria-live', 'polite')"

# A visitor who uploads a file does not need the example text.
_MAKE_ROOM: Final = f"text => text === {json.dumps(TEXT)} ? '' : text"

# Scrolls to an answer: the best one when it arrives, and any one that is clicked.
_SHOW_ANSWERS: Final = """
const show = rank => {
    const mark = document.getElementById(`place-${rank}`);
    mark?.closest("details")?.setAttribute("open", "");
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    mark?.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
};
element.addEventListener("click", event => {
    const button = event.target.closest("[data-place]");
    if (button) show(button.dataset.place);
});
watch("value", () => show(0));
"""


# Sends what the visitor says of the answer: the pressed button, and the part of a text that is selected. The selection
# is remembered, because a click on a button ends it.
_SAY: Final = """
let selected = {};
document.addEventListener("selectionchange", () => {
    const range = document.getSelection()?.rangeCount ? document.getSelection().getRangeAt(0) : null;
    const parent = node => (node.nodeType === Node.TEXT_NODE ? node.parentElement : node).closest("#details .text");
    if (!range || range.collapsed || !parent(range.startContainer)) return;
    const text = parent(range.startContainer);
    if (parent(range.endContainer) !== text) return;
    const before = document.createRange();
    before.setStart(text, 0);
    before.setEnd(range.startContainer, range.startOffset);
    const start = [...before.toString()].length; // code points
    selected = { document: Number(text.dataset.document), start, end: start + [...range.toString()].length };
    element.querySelector("[data-verdict=span]")?.removeAttribute("disabled");
});
element.addEventListener("click", event => {
    const verdict = event.target.closest("[data-verdict]")?.dataset.verdict;
    if (!verdict) return;
    if (verdict === "wrong") element.querySelector(".marking").hidden = false;
    else trigger("click", { verdict, ...(verdict === "span" ? selected : {}) });
});
watch("value", () => { selected = {}; });
"""


def build_page(client: LukeQAClient, feedback: FeedbackFile | None = None) -> Any:
    """Return the page, which asks through ``client``; each visitor has a separate session.

    With ``feedback``, visitors can say whether an answer is right, and the file keeps what they say.
    """
    forgetting = (_FILE_CHECK_INTERVAL, _FILE_LIFETIME)
    with gr.Blocks(title=JAPANESE.title, analytics_enabled=False, fill_width=True, delete_cache=forgetting) as page:
        session = gr.State(Session())
        with gr.Row(elem_id="top"):
            title = gr.HTML(_title(JAPANESE))
            language = gr.Radio(
                [("日本語", "ja"), ("English", "en")],
                value="ja",
                label=JAPANESE.language,
                container=False,
                elem_id="language",
            )
        with gr.Row(elem_id="columns"):
            with gr.Column(min_width=320, elem_id="asking"):
                text = gr.Textbox(TEXT, lines=6, max_lines=16, elem_id="text")
                dropped = gr.File(file_count="multiple", show_label=False, elem_id="files")
                question = gr.Textbox(QUESTION, max_lines=1, elem_id="question")
                button = gr.Button(variant="primary", elem_id="ask")
                with gr.Accordion(open=False, elem_id="more") as more:
                    top_k = gr.Slider(1, 10, value=3, step=1, buttons=[])
                    allow_no_answer = gr.Checkbox(False)
            with gr.Column(min_width=320, elem_id="found"):
                headline = gr.HTML(elem_id="headline", js_on_load=_READ_OUT)
                verdict = gr.HTML(elem_id="verdict", js_on_load=_SAY, visible=feedback is not None)
                details = gr.HTML(elem_id="details", js_on_load=_SHOW_ANSWERS)
                history = gr.Radio([], elem_id="history")

        shown = [headline, verdict, details, history]
        labelled = [title, language, question, text, more, top_k, allow_no_answer, button]

        def answer(session: Session, question: str, text: str, files: Any, top_k: float, no_answer: bool) -> Session:
            return ask(client, session, question, text, files or [], top_k=int(top_k), allow_no_answer=no_answer)

        def show(session: Session, language: Language) -> Any:
            return _shown(session, WORDS[language])

        def choose(session: Session, language: Language, index: int) -> Any:
            session = session.showing(index)
            return session, *_shown(session, WORDS[language])

        def say(session: Session, language: Language, event: gr.EventData) -> Any:
            if feedback is not None:
                session = judge(session, feedback, event._data or {})
            return session, *_shown(session, WORDS[language])

        def speak(session: Session, language: Language) -> Any:
            return *_labels(WORDS[language]), *_shown(session, WORDS[language])

        def greet(session: Session, request: gr.Request) -> Any:
            language = preferred(request.headers.get("accept-language", ""))
            return language, *speak(session, language)

        # Only questions go through Gradio's queue: events that share its stream can lose each other's results. A
        # second event renders the answer, because the language may have changed in the meantime.
        at_once = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        gr.on(
            [question.submit, button.click],
            answer,
            [session, question, text, dropped, top_k, allow_no_answer],
            session,
            concurrency_limit=_CONCURRENCY,
            show_progress_on=headline,
            api_visibility="private",
        ).then(show, [session, language], shown, **at_once)
        dropped.upload(None, text, text, js=_MAKE_ROOM, **at_once)
        history.input(choose, [session, language, history], [session, *shown], **at_once)
        if feedback is not None:
            verdict.click(say, [session, language], [session, *shown], **at_once)
        language.input(speak, [session, language], [*labelled, *shown], **at_once)
        language.change(None, language, None, js=_SPEAK, **at_once)
        page.load(greet, session, [language, *labelled, *shown], **at_once)
    page.queue(max_size=_QUEUE_SIZE, api_open=False)
    page.state_session_capacity = _SESSIONS
    # ``launch`` would set this. Without it Gradio considers the page under construction, and accepts any path on this
    # machine as a file that a visitor has uploaded.
    page.has_launched = True
    return page


def _title(words: Words) -> str:
    return f"<h1>{words.title}</h1><p>{words.lead}</p>"


def _labels(words: Words) -> list[Any]:
    """Return the label of every component, in the order of ``labelled``."""
    return [
        _title(words),
        gr.update(label=words.language),
        gr.update(label=words.question),
        gr.update(label=words.text, info=words.text_help),
        gr.update(label=words.more),
        gr.update(label=words.top_k),
        gr.update(label=words.allow_no_answer),
        words.ask,
    ]


def _shown(session: Session, words: Words) -> list[Any]:
    """Return the content of the session, in the order of ``shown``."""
    choices = views.history_choices(session, words)
    return [
        views.headline(session, words),
        views.verdict(session, words),
        views.details(session, words),
        gr.update(choices=choices, value=session.chosen, label=words.history, visible=bool(choices)),
    ]
