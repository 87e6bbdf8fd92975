"""A hook of MkDocs: the search finds Japanese words that are not written in Chinese characters alone.

The theme splits a query into the words of its index only where it is written in Chinese characters. しきい値 and
文字化け, which the index has as several words, were never found. The worker is changed to split kana as well.
"""

from pathlib import Path
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError

_HAN: Final = r'"\\p{sc=Han}+"'
_JAPANESE: Final = r'"[\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}ー]+"'


def on_post_build(config: MkDocsConfig) -> None:
    """Change the search worker of the site that was built.

    Raises:
        PluginError: the theme's worker is another than the one that this knows.
    """
    (worker,) = (Path(config.site_dir) / "assets" / "javascripts" / "workers").glob("search.*.min.js")
    text = worker.read_text("utf-8")
    if text.count(_HAN) + text.count(_JAPANESE) != 1:
        raise PluginError(f"{worker.name} splits queries in another way: adapt docs/search_hook.py to this theme.")
    worker.write_text(text.replace(_HAN, _JAPANESE), "utf-8")
