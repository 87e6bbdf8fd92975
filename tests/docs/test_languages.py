"""The programs in other languages: each is run against a server, and prints what its page says."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from ops.instance import Instance
from ops.layout import ROOT
from tests.support.documents import Block, addresses, assert_shown, at, read_blocks

BLOCKS = read_blocks(ROOT / "docs" / "languages.md")

# language -> the file's name, and what runs it
PROGRAMS = {
    "javascript": ("ask.mjs", ("node", "ask.mjs")),
    "java": ("Ask.java", ("java", "-Dfile.encoding=UTF-8", "Ask.java")),
    "go": ("ask.go", ("go", "run", "ask.go")),
}
COMPILER = {"java": "javac"}  # a Java without one cannot run a source file


def block(language: str) -> tuple[Block, Block]:
    """The only program in this language, and what follows it."""
    (found,) = (number for number, block in enumerate(BLOCKS) if block.language == language)
    return BLOCKS[found], BLOCKS[found + 1]


def run(command: Sequence[str], directory: Path) -> str:
    home = {"HOME": str(directory), "GOCACHE": str(directory / "cache")}
    done = subprocess.run(command, cwd=directory, env={**os.environ, **home}, capture_output=True, timeout=240)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.mark.parametrize("language", PROGRAMS)
def test_a_program_prints_what_its_page_shows(language: str, server: Instance, tmp_path: Path) -> None:
    name, command = PROGRAMS[language]
    tool = COMPILER.get(language, command[0])
    if shutil.which(tool) is None:
        reason = f"{tool} is not installed here"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    program, shown = block(language)
    (tmp_path / name).write_text(at(addresses(server), program.code), "utf-8")
    assert_shown(shown.code, run(command, tmp_path), program.place)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed here")
def test_the_types_of_typescript_come_from_the_openapi_file(tmp_path: Path) -> None:
    run(["npm", "install", "--silent", "typescript@5", "openapi-typescript@7"], tmp_path)
    tools = tmp_path / "node_modules" / ".bin"
    run([str(tools / "openapi-typescript"), str(ROOT / "docs" / "openapi.json"), "-o", "luke-qa.d.ts"], tmp_path)
    program, _ = block("typescript")
    (tmp_path / "ask.ts").write_text(program.code, "utf-8")
    check = [str(tools / "tsc"), "--noEmit", "--strict", "--target", "es2022", "--module", "es2022"]
    run([*check, "--moduleResolution", "bundler", "ask.ts"], tmp_path)
    (tmp_path / "wrong.ts").write_text('import { ask } from "./ask";\nask({ question: 5, context: "苺" });\n', "utf-8")
    with pytest.raises(AssertionError):
        run([*check, "--moduleResolution", "bundler", "wrong.ts"], tmp_path)
