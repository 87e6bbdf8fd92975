"""The site that `make docs` builds."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import luke_qa_client

# The attributes that make a browser fetch something.
FETCHED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}


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
    page = (site / "api.html").read_text("utf-8")
    assert f'id="luke_qa_client.{name}"' in page


@pytest.mark.parametrize("method", ["ask", "ask_many", "health"])
@pytest.mark.parametrize("client", ["LukeQAClient", "AsyncLukeQAClient"])
def test_the_reference_explains_every_method_of_the_clients(site: Path, client: str, method: str) -> None:
    page = (site / "api.html").read_text("utf-8")
    assert f'id="luke_qa_client.{client}.{method}"' in page


def test_the_japanese_site_is_in_japanese_and_each_page_leads_to_its_other_language(site: Path) -> None:
    assert {page.name for page in site.glob("*.html")} - {"404.html"} == {
        page.name for page in (site / "ja").glob("*.html")
    }
    page = (site / "ja" / "howto.html").read_text("utf-8")
    assert '<html lang="ja"' in page
    assert re.search(r'href="\.\./howto\.html" hreflang="en"', page)
    assert re.search(r'href="ja/howto\.html" hreflang="ja"', (site / "howto.html").read_text("utf-8"))


def test_a_japanese_paragraph_has_no_spaces_where_its_lines_break(site: Path) -> None:
    for page in (site / "ja").glob("*.html"):
        text = re.sub(r"<pre.*?</pre>", "", page.read_text("utf-8"), flags=re.DOTALL)
        assert re.findall(r"[ぁ-ん、。]\s+[ぁ-ん一-龥ァ-ヴ]", text) == [], page.name
