"""The README's calls, as they stand, against a real server."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from luke_qa.errors import RequestError
from luke_qa.schema import NativeRequest
from ops.instance import Instance
from ops.layout import ROOT
from tests.support.documents import addresses, at, make_verbs, read_blocks

READMES = ("README.md", "README.ja.md")


def blocks(readme: str, *languages: str) -> list[str]:
    return [block.code for block in read_blocks(ROOT / readme) if block.language in languages]


@pytest.mark.parametrize("readme", READMES)
def test_every_python_call_prints_the_answer(readme: str, server: Instance) -> None:
    programs = blocks(readme, "python")
    assert len(programs) == 2
    for program in programs:
        command = [sys.executable, "-c", at(addresses(server), program)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        assert "苺" in done.stdout or "会話" in done.stdout


@pytest.mark.parametrize("readme", READMES)
def test_the_shell_calls_print_the_answer(readme: str, server: Instance) -> None:
    calls = [block for block in blocks(readme, "sh") if block.startswith(("curl", "luke-qa"))]
    assert len(calls) == 2
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {**os.environ, "PATH": path, "LUKE_QA_URL": server.inference_url}
    for call in calls:
        command = ["bash", "-c", at(addresses(server), call)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=env)
        assert "苺" in done.stdout


@pytest.mark.parametrize("readme", READMES)
def test_the_tables_name_every_option_and_every_error(readme: str) -> None:
    text = (ROOT / readme).read_text("utf-8")
    for option in NativeRequest.model_fields:
        assert f"`{option}`" in text
    for error in RequestError.__subclasses__():
        assert f"`{error.type}`" in text


@pytest.mark.parametrize("readme", READMES)
def test_every_make_verb_and_every_link_exists(readme: str) -> None:
    text = (ROOT / readme).read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for verb in make_verbs(text):
        assert re.search(rf"^{verb}:", makefile, re.MULTILINE), verb
    for link in re.findall(r"\]\((?!http|#)([^)]+)\)", text):
        assert (ROOT / link).exists(), link


def test_both_languages_have_the_same_examples() -> None:
    english, japanese = [json.dumps(blocks(name, "python", "json")) for name in READMES]
    assert english == japanese
