"""The Japanese pages say what the English ones say: the same sections, programs, tables, names and links."""

import re
from pathlib import Path

import pytest
from pymdownx.slugs import slugify

from docs.translations import read_cells, with_programs_of
from ops.layout import ROOT

DOCS = ROOT / "docs"
ENGLISH = sorted(page for page in DOCS.glob("*.md") if not page.name.endswith(".ja.md"))

slug = slugify(case="lower")  # as in mkdocs.yml, and as GitHub does

every_page = pytest.mark.parametrize("english", ENGLISH, ids=lambda page: page.name)

WITH_ENGLISH_TERMS = {"glossary.md"}  # a column more


def japanese(english: Path) -> Path:
    return english.with_name(english.name.replace(".md", ".ja.md"))


def texts(english: Path) -> tuple[str, str]:
    return english.read_text("utf-8"), japanese(english).read_text("utf-8")


def prose(text: str) -> str:
    """A page without its programs and comments."""
    return re.sub(r"^```.*?^```$|<!--.*?-->", "", text, flags=re.DOTALL | re.MULTILINE)


def names(text: str) -> set[str]:
    """The code within sentences and cells: options, fields, errors, files, commands."""
    return {" ".join(name.split()) for name in re.findall(r"`([^`]+)`", prose(text))}


def links(text: str) -> set[str]:
    """Where a page leads to, without anchors within pages."""
    return {link for link in re.findall(r"\]\(([^)#]+)", prose(text)) if link}


def shapes(text: str) -> list[tuple[int, int]]:
    """Rows and columns of each table."""
    tables = re.findall(r"(?:^\|.*\n)+", prose(text), re.MULTILINE)
    return [(table.count("\n"), table.partition("\n")[0].count("|") - 1) for table in tables]


def test_every_page_has_its_japanese_and_no_other() -> None:
    assert sorted(map(japanese, ENGLISH)) == sorted(DOCS.glob("*.ja.md"))


@every_page
def test_both_have_the_same_sections(english: Path) -> None:
    outlines = [re.findall(r"^(#+) ", text, re.MULTILINE) for text in texts(english)]
    assert outlines[0] == outlines[1]


@every_page
def test_both_have_the_same_programs_but_for_their_comments(english: Path) -> None:
    here, there = texts(english)
    assert with_programs_of(here, there, read_cells()) == there


@every_page
def test_both_have_the_same_tables(english: Path) -> None:
    here, there = map(shapes, texts(english))
    if english.name in WITH_ENGLISH_TERMS:
        here = [(rows, columns + 1) for rows, columns in here]
    assert here == there


@every_page
def test_both_name_the_same_code(english: Path) -> None:
    here, there = texts(english)
    assert names(here) - names(there) == set(), "the Japanese page does not name this"
    assert {name for name in names(there) if name not in " ".join(here.split())} == set(), (
        "the English page does not name this"
    )


@every_page
def test_both_lead_to_the_same_places_each_in_its_language(english: Path) -> None:
    here, there = map(links, texts(english))
    assert {re.sub(r"^(\w[\w-]*)\.md$", r"\1.ja.md", link) for link in here} == there


@every_page
def test_every_anchor_of_the_japanese_exists(english: Path) -> None:
    page = japanese(english)
    for target, anchor in re.findall(r"\]\(([^)#]*)#([^)]+)\)", prose(page.read_text("utf-8"))):
        headings = re.findall(r"^#+ (.+)$", (DOCS / (target or page.name)).read_text("utf-8"), re.MULTILINE)
        assert anchor in [slug(heading, "-") for heading in headings], f"{target}#{anchor}"


@every_page
def test_the_japanese_is_written_in_japanese(english: Path) -> None:
    said = re.sub(r"`[^`]*`|「[^」]*」", "", prose(japanese(english).read_text("utf-8")))  # no code, nothing printed
    assert re.findall(r"[A-Za-z]+(?: [a-z]+){3,}", said) == []


def test_the_navigation_is_in_japanese() -> None:
    config = (ROOT / "mkdocs.yml").read_text("utf-8")
    titles = re.findall(r"^  - ([\w -]+?): [\w-]+\.md$", config, re.MULTILINE)
    assert len(titles) == len(ENGLISH)
    (translations,) = re.findall(r"^ +nav_translations:\n((?: {12}.+\n)+)", config, re.MULTILINE)
    assert set(re.findall(r"^ +(.+?): .+$", translations, re.MULTILINE)) == set(titles)
