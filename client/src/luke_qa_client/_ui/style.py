"""How the page looks: its theme, its style sheet and its script."""

from importlib.resources import files
from typing import Final

import gradio as gr

from .words import WORDS

_DROP: Final = '#files [data-testid="upload-text"]'  # Gradio's text there can be replaced only by CSS

CSS: Final = (files(__package__) / "page.css").read_text("utf-8") + "".join(
    f':lang({language}) {_DROP}::after {{ content: "{words.drop}" }}\n' for language, words in WORDS.items()
)
HEAD: Final = f"<script>{(files(__package__) / 'page.js').read_text('utf-8')}</script>"

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
    button_primary_background_fill_hover_dark="*primary_800",
)
