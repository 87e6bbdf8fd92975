"""The site that `make docs` builds."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import luke_qa_client
from ops.layout import ROOT

# The attributes that make a browser fetch something.
FETCHED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built without a warning."""
    directory = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(directory)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return directory


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    class Collector(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            fetched.append(dict(attributes).get(FETCHED.get(tag, "")) or "")

    fetched: list[str] = []
    for page in site.rglob("*.html"):
        Collector().feed(page.read_text("utf-8"))
    assert any(address.endswith(".css") for address in fetched)
    assert [address for address in fetched if re.match(r"(https?:)?//", address)] == []
    for sheet in site.rglob("*.css"):
        assert re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//[^)]*", sheet.read_text("utf-8")) == []


@pytest.mark.parametrize("name", luke_qa_client.__all__)
def test_the_reference_explains_every_public_name(site: Path, name: str) -> None:
    page = (site / "api" / "index.html").read_text("utf-8")
    assert f'id="luke_qa_client.{name}"' in page


@pytest.mark.parametrize("method", ["ask", "ask_many", "health"])
@pytest.mark.parametrize("client", ["LukeQAClient", "AsyncLukeQAClient"])
def test_the_reference_explains_every_method_of_the_clients(site: Path, client: str, method: str) -> None:
    page = (site / "api" / "index.html").read_text("utf-8")
    assert f'id="luke_qa_client.{client}.{method}"' in page
