"""Run the snippets of a Markdown page as a reader would: from top to bottom, in one directory, against a server.

A fenced block is one of these:

- ``python``: a cell, as in a notebook. All cells of a page share their names. The ``text`` block that follows holds
  what the cell prints, and the value of a last line that is an expression. Without such a block it prints nothing.
- ``console``: commands after ``$``, continued after ``>``, each followed by what it prints on either stream.
- ``json``: a request if it has a question or inputs, followed by the ``json`` of its reply.
- anything after ``<!-- not run: why -->``.

The output must be as shown, with three exceptions: decimal numbers may differ by ``TOLERANCE``, milliseconds may have
any value, and ``…`` stands for anything within its line.
"""

import ast
import io
import json
import math
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import requests

from ops.instance import Instance

TOLERANCE: Final = 0.01

_FENCE: Final = re.compile(
    r"^(?:<!-- not run: (?P<reason>.+?) -->\n)?^```(?P<language>\w+)[^\n]*\n(?P<code>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
_NUMBER: Final = r"\d+\.\d+(?:e[+-]\d+)?|\d+e[+-]\d+"
_VARIES: Final = re.compile(rf"(?P<milliseconds>\d+ ms)|(?P<number>{_NUMBER})|(?P<anything>…)")
_STANDS_FOR: Final = {"milliseconds": r"\d+ ms", "number": f"({_NUMBER})", "anything": r"[^\n]*?"}


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block.

    Attributes:
        language: the word after the fence.
        code: the text between the fences, with its last line end.
        place: file and line, for messages.
        reason: why it is not run; None if it is.
    """

    language: str
    code: str
    place: str
    reason: str | None = None

    @property
    def is_request(self) -> bool:
        """Whether the block is JSON to be sent."""
        if self.language != "json":
            return False
        content = json.loads(self.code)
        return isinstance(content, dict) and not {"question", "inputs", "pairs"}.isdisjoint(content)


def read_blocks(file: Path) -> list[Block]:
    """Return all blocks of a file."""
    text = file.read_text("utf-8")
    blocks = []
    for match in _FENCE.finditer(text):
        line = text.count("\n", 0, match.start("code")) + 1
        blocks.append(Block(match["language"], match["code"], f"{file.name}:{line}", match["reason"]))
    return blocks


def addresses(server: Instance) -> dict[str, str]:
    """Map the addresses that documents name to this server's."""
    return {
        "http://127.0.0.1:8079": server.control_url,
        "http://127.0.0.1:8080": server.inference_url,
        "http://127.0.0.1:8081": server.management_url,
        "http://127.0.0.1:8082": server.properties["metrics_address"],
        "127.0.0.1:7070": f"127.0.0.1:{server.properties['grpc_inference_port']}",
    }


def at(addresses: Mapping[str, str], text: str) -> str:
    """Return a document's text with the addresses replaced."""
    for named, here in addresses.items():
        text = text.replace(named, here)
    return text


def read_tables(file: Path) -> list[list[dict[str, str]]]:
    """Return all tables of a file. A row maps the names of the columns to its cells."""
    tables = re.findall(r"(?:^\|.*\n)+", file.read_text("utf-8"), re.MULTILINE)
    return [_rows(table.splitlines()) for table in tables]


def make_verbs(text: str) -> list[str]:
    """Return the targets of make that a text names."""
    return re.findall(r"(?:^|`)make (?:-s )?([a-z-]+)", text, re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who tries everything on a page.

    Attributes:
        directory: where commands run.
        predictions: the URL to which requests are posted.
        addresses: maps the addresses that the page names to the real ones.
        patience: seconds until a command is given up.
    """

    directory: Path
    predictions: str
    addresses: Mapping[str, str]
    patience: int = 240
    _names: dict[str, Any] = field(default_factory=dict)

    def try_all(self, blocks: Sequence[Block]) -> None:
        """Run all blocks, and compare the results with what the page shows."""
        for block, behind in zip(blocks, [*blocks[1:], None], strict=False):
            if block.reason is not None:
                continue
            if block.language == "python":
                shown = behind.code if behind is not None and behind.language == "text" else ""
                assert_shown(shown, self.run_cell(block), block.place)
            elif block.language == "console":
                for command, shown in _commands(block.code):
                    assert_shown(shown, self.run_command(command), f"{block.place}: {command}")
            elif block.is_request:
                assert behind is not None, block.place
                reply = requests.post(self.predictions, json=json.loads(block.code), timeout=60).json()
                assert_same(json.loads(behind.code), reply, behind.place)

    def run_cell(self, block: Block) -> str:
        """Return what a cell prints."""
        tree = ast.parse(at(self.addresses, block.code), block.place)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(compile(tree, block.place, "exec"), self._names)
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), block.place, "eval"), self._names)
                if value is not None:
                    print(repr(value))
        return self._as_on_page(printed.getvalue())

    def run_command(self, command: str) -> str:
        """Return what a command prints."""
        done = subprocess.run(
            ["bash", "-c", at(self.addresses, command)],
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=self.patience,
        )
        return self._as_on_page(done.stdout.decode())

    def _as_on_page(self, text: str) -> str:
        return at({here: named for named, here in self.addresses.items()}, text)


def assert_shown(shown: str, printed: str, place: str) -> None:
    """Assert that the output is as shown."""
    shown, printed = shown.strip(), printed.strip()
    pattern, end = "", 0
    for match in _VARIES.finditer(shown):
        pattern += re.escape(shown[end : match.start()]) + _STANDS_FOR[match.lastgroup or ""]
        end = match.end()
    found = re.fullmatch(pattern + re.escape(shown[end:]), printed)
    numbers = [match["number"] for match in _VARIES.finditer(shown) if match["number"]]
    same = found is not None and _are_close(numbers, found.groups())
    assert same, f"{place} shows\n{shown}\nbut prints\n{printed}"


def assert_same(shown: Any, replied: Any, place: str) -> None:
    """Assert that a reply is as shown."""
    if isinstance(shown, dict):
        assert isinstance(replied, dict), place
        assert list(shown) == list(replied), place
        for name, value in shown.items():
            assert_same(value, replied[name], f"{place}, {name}")
    elif isinstance(shown, list):
        assert isinstance(replied, list), place
        assert len(shown) == len(replied), place
        for number, value in enumerate(shown):
            assert_same(value, replied[number], f"{place}, {number}")
    elif isinstance(shown, float):
        assert _are_close([shown], [replied]), f"{place}: {replied}"
    elif shown == "…":
        assert isinstance(replied, str), place
    else:
        assert shown == replied, place


def _rows(lines: Sequence[str]) -> list[dict[str, str]]:
    names, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return [dict(zip(names, row, strict=True)) for row in rows]


def _are_close(shown: Sequence[str | float], found: Sequence[str | float]) -> bool:
    return all(math.isclose(float(a), float(b), abs_tol=TOLERANCE) for a, b in zip(shown, found, strict=True))


def _commands(session: str) -> Iterator[tuple[str, str]]:
    """Yield every command of a console block with the output that it shows."""
    for part in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        first, *lines = part.splitlines(keepends=True)
        count = next((number for number, line in enumerate(lines) if not line.startswith("> ")), len(lines))
        yield "".join([first, *(line[2:] for line in lines[:count])]), "".join(lines[count:])
