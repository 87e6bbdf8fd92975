"""The READMEs: their calls against a real server, their links, and both languages side by side."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from pymdownx.slugs import slugify

from docs.manual import write_manual
from ops.instance import Instance
from ops.layout import ROOT
from ops.licences import read_requirements
from tests.support.documents import Reader, addresses, at, make_verbs, read_blocks

READMES = ("README.md", "README.ja.md")

slug = slugify(case="lower")  # as GitHub does


def blocks(readme: str, *languages: str) -> list[str]:
    return [block.code for block in read_blocks(ROOT / readme) if block.language in languages]


def links(text: str) -> list[str]:
    """The paths within the repository that a text links to."""
    return re.findall(r"\]\((?!http|#)([^)]+)\)", text)


@pytest.mark.parametrize("readme", READMES)
def test_every_python_call_prints_the_answer(readme: str, server: Instance) -> None:
    programs = blocks(readme, "python")
    assert len(programs) == 2
    for program in programs:
        command = [sys.executable, "-c", at(addresses(server), program)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=240)
        assert "苺" in done.stdout or "会話" in done.stdout


@pytest.mark.parametrize("readme", READMES)
def test_the_shell_calls_print_the_answer(readme: str, server: Instance) -> None:
    calls = [block for block in blocks(readme, "sh") if block.startswith(("curl", "source"))]
    assert len(calls) == 2
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {**os.environ, "PATH": path, "LUKE_QA_URL": server.inference_url}
    for call in calls:
        command = ["bash", "-c", at(addresses(server), call)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=240, env=env)
        assert "苺" in done.stdout


@pytest.mark.parametrize("readme", READMES)
def test_the_manual_is_asked_as_shown(
    readme: str, server: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_manual(tmp_path / "manual.pdf")
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    monkeypatch.setenv("LUKE_QA_URL", server.inference_url)
    shown = [block for block in read_blocks(ROOT / readme) if block.language == "console"]
    assert shown
    Reader(tmp_path, server.inference_url, addresses(server)).try_all(shown)


def test_make_demo_installs_what_the_manual_and_other_files_need() -> None:
    installed = {
        requirement.name: requirement
        for requirement in map(Requirement, read_requirements(ROOT / "requirements" / "client.txt"))
    }
    project = tomllib.loads((ROOT / "client" / "pyproject.toml").read_text("utf-8"))["project"]
    for needed in map(Requirement, project["optional-dependencies"]["files"]):
        assert needed.extras <= installed[needed.name].extras
    assert "reportlab" in installed
    assert "client.txt" not in (ROOT / "deploy" / "container" / "Containerfile").read_text("utf-8")  # it only serves
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert (
        "-r requirements/client.txt"
        in makefile[makefile.index("$(VENV)/.serve:") : makefile.index("$(VENV)/.openvino:")]
    )


@pytest.mark.parametrize("readme", READMES)
def test_what_the_demo_prints_is_shown(readme: str, server: Instance, tmp_path: Path) -> None:
    (shown,) = blocks(readme, "text")
    question, context, answer = shown.splitlines()
    asking = [sys.executable, "-m", "luke_qa_client", "ask", "--url", server.inference_url, "--"]
    done = subprocess.run([*asking, question.strip(), context.strip()], capture_output=True, text=True, check=True)
    (shown_answer, score, place), (found, scored, there) = answer.split(), done.stdout.split()
    assert (found, there) == (shown_answer, place)
    assert float(scored) == pytest.approx(float(score), abs=1e-4)  # machines differ in the last digit


@pytest.mark.parametrize("readme", READMES)
def test_every_make_verb_and_every_link_exists(readme: str) -> None:
    text = (ROOT / readme).read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for verb in make_verbs(text):
        assert re.search(rf"^{verb}:", makefile, re.MULTILINE), verb
    for link in links(text):
        path, _, anchor = link.partition("#")
        assert (ROOT / path).exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.+)$", (ROOT / path).read_text("utf-8"), re.MULTILINE)
            assert anchor in [slug(heading, "-") for heading in headings], link


def test_both_languages_have_the_same_examples() -> None:
    english, japanese = [json.dumps(blocks(name, "python", "json", "text", "console")) for name in READMES]
    assert english == japanese


def test_both_languages_have_the_same_sections_and_links() -> None:
    english, japanese = [(ROOT / name).read_text("utf-8") for name in READMES]
    outlines = [re.findall(r"^(#+) ", text, re.MULTILINE) for text in (english, japanese)]
    assert outlines[0] == outlines[1]
    paths = [
        [link.partition("#")[0] for link in links(text)[1:]] for text in (english, japanese)
    ]  # [0]: the other README
    assert paths[1] == [translated(path) for path in paths[0]]


def translated(path: str) -> str:
    """The Japanese page where there is one: all of docs/ have it."""
    return re.sub(r"^(docs/[\w-]+)\.md$", r"\1.ja.md", path)
