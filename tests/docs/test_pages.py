"""The documentation: every snippet is run, and does what the page says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import trustme

from docs.manual import write_manual
from ops.instance import Instance
from ops.layout import MODEL_NAME, ROOT
from tests.docs.test_languages import PROGRAMS
from tests.support.documents import Block, Reader, addresses, make_verbs, read_blocks

PAGES = sorted((ROOT / "docs").glob("*.md"))

ENGLISH = [page for page in PAGES if not page.name.endswith(".ja.md")]  # test_japanese holds the others' programs equal

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@pytest.fixture
def reader(server: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """A reader in a directory with the two files that an operator hands out, and the example manual."""
    write_manual(tmp_path / "manual.pdf")
    (tmp_path / "key_file.json").write_text('{"inference": {"key": "8letters"}}')
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.chdir(tmp_path)
    for name in ("LUKE_QA_TOKEN", "LUKE_QA_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LUKE_QA_URL", server.inference_url)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    return Reader(tmp_path, f"{server.inference_url}/predictions/{MODEL_NAME}", addresses(server))


@pytest.mark.parametrize("page", ENGLISH, ids=lambda page: page.name)
def test_every_snippet_does_what_the_page_says(page: Path, reader: Reader) -> None:
    reader.try_all(read_blocks(page))


@every_page
def test_no_snippet_escapes(page: Path) -> None:
    blocks = read_blocks(page)
    assert page.read_text("utf-8").count("```") == 2 * len(blocks)
    for before, block in zip([None, *blocks], blocks, strict=False):
        is_tried = block.reason is not None or block.language in ("python", "console") or block.is_request
        assert is_tried or (before is not None and is_outcome(block, before)), block.place


def is_outcome(block: Block, before: Block) -> bool:
    languages = (before.language, block.language)
    is_program = before.language in PROGRAMS and block.language == "text"  # compared elsewhere
    return languages == ("python", "text") or is_program or (languages == ("json", "json") and before.is_request)


@every_page
def test_what_cannot_be_run_says_why_and_is_sound(page: Path) -> None:
    for block in read_blocks(page):
        if block.reason is None:
            continue
        assert block.reason.endswith((" here", " elsewhere")), "what is missing here, or that it is tested elsewhere"
        if block.language == "python":
            compile(block.code, block.place, "exec")
        elif block.language == "sh":
            subprocess.run(["bash", "-n", "-c", block.code], check=True)


@every_page
def test_every_verb_of_make_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for verb in make_verbs(page.read_text("utf-8")):
        assert re.search(rf"^{verb}:", makefile, re.MULTILINE), verb


def test_the_tour_has_ten_cells() -> None:
    cells = [block for block in read_blocks(ROOT / "docs" / "tour.md") if block.language == "python"]
    assert len(cells) == 10
