"""The page itself: what is laid out where, and which event changes what. Gradio's side of it."""

import json
from importlib.resources import files
from typing import Any, Final

import gradio as gr

from .._client import LukeQAClient
from . import views
from .asking import ask
from .session import Session
from .words import JAPANESE, QUESTION, TEXT, WORDS, Language, Words, preferred

_DROP: Final = '#files [data-testid="upload-text"]'  # Gradio's own words there cannot be set

CSS: Final = (files(__package__) / "page.css").read_text("utf-8") + "".join(
    f':lang({language}) {_DROP}::after {{ content: "{words.drop}" }}\n' for language, words in WORDS.items()
)

# What the system has: no font is fetched.
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

_CONCURRENT: Final = 8  # questions under way at a time, of all visitors together
_WAITING: Final = 64  # questions that wait for these; one more is refused
_VISITORS: Final = 200  # whose questions are remembered; of more, those who came last
_FILES_STAY: Final = 3600  # seconds, at least
_FILES_CHECKED: Final = 600  # every so many seconds

# For who listens to the page: the language that it is in, and the best answer when it comes.
_SPEAK: Final = "language => { document.documentElement.lang = language }"
_READ_OUT: Final = "element.closest('#headline').setAttribute('aria-live', 'polite')"

# Whoever drops a file has no use for the example.
_MAKE_ROOM: Final = f"text => text === {json.dumps(TEXT)} ? '' : text"

# Brings an answer into view: the best one when it comes, and any one whose name is pressed.
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


def build_page(client: LukeQAClient) -> Any:
    """Return the page, which asks through `client`; each visitor has a session of their own."""
    forgetting = (_FILES_CHECKED, _FILES_STAY)
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
                details = gr.HTML(elem_id="details", js_on_load=_SHOW_ANSWERS)
                history = gr.Radio([], elem_id="history")

        shown = [headline, details, history]
        labelled = [title, language, question, text, more, top_k, allow_no_answer, button]

        def answer(session: Session, question: str, text: str, files: Any, top_k: float, no_answer: bool) -> Session:
            return ask(client, session, question, text, files or [], top_k=int(top_k), allow_no_answer=no_answer)

        def show(session: Session, language: Language) -> Any:
            return _shown(session, WORDS[language])

        def choose(session: Session, language: Language, index: int) -> Any:
            session = session.showing(index)
            return session, *_shown(session, WORDS[language])

        def speak(session: Session, language: Language) -> Any:
            return *_labels(WORDS[language]), *_shown(session, WORDS[language])

        def greet(session: Session, request: gr.Request) -> Any:
            language = preferred(request.headers.get("accept-language", ""))
            return language, *speak(session, language)

        # Only questions go through Gradio's queue: events that share its stream can lose each other's results. What an
        # answer looks like is asked for when it is there, as the language may have changed since.
        at_once = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        gr.on(
            [question.submit, button.click],
            answer,
            [session, question, text, dropped, top_k, allow_no_answer],
            session,
            concurrency_limit=_CONCURRENT,
            show_progress_on=headline,
            api_visibility="private",
        ).then(show, [session, language], shown, **at_once)
        dropped.upload(None, text, text, js=_MAKE_ROOM, **at_once)
        history.input(choose, [session, language, history], [session, *shown], **at_once)
        language.input(speak, [session, language], [*labelled, *shown], **at_once)
        language.change(None, language, None, js=_SPEAK, **at_once)
        page.load(greet, session, [language, *labelled, *shown], **at_once)
    page.queue(max_size=_WAITING, api_open=False)
    page.state_session_capacity = _VISITORS
    # As `launch` would say. Without it Gradio holds the page to be under construction: it then takes any path of this
    # machine for a file that a visitor has uploaded.
    page.has_launched = True
    return page


def _title(words: Words) -> str:
    return f"<h1>{words.title}</h1><p>{words.lead}</p>"


def _labels(words: Words) -> list[Any]:
    """Return what every component is called, in the order of `labelled`."""
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
    """Return what the session looks like, in the order of `shown`."""
    choices = views.history_choices(session, words)
    return [
        views.headline(session, words),
        views.details(session, words),
        gr.update(choices=choices, value=session.chosen, label=words.history, visible=bool(choices)),
    ]
