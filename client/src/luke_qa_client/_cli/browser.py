"""Opening a page in the browser, on a machine that has one."""

import os
import sys
import webbrowser
from collections.abc import Mapping
from threading import Thread


def open_browser(url: str) -> None:
    """Open the page in the browser, unless nobody sits at this machine."""
    if can_open(os.environ, sys.platform):
        Thread(target=webbrowser.open, args=(url,), daemon=True).start()  # some browsers are waited for


def can_open(environment: Mapping[str, str], platform: str) -> bool:
    """Return whether there is a display, and a person before it: not in CI, nor over SSH.

    Without a display, ``webbrowser`` would start a browser for text, which takes the terminal.
    """
    if environment.get("CI") or environment.get("SSH_CONNECTION"):
        return False
    if platform in ("win32", "darwin"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
