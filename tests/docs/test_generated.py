"""The generated parts of the documentation are up to date."""

import re
from pathlib import Path

import pytest

from docs.generate import (
    DOCS,
    dependencies,
    fill_in,
    generate,
    generated_parts,
    request_fields,
    server_errors,
    supervisors_metrics,
    workers_metrics,
)
from docs.translations import comments, read_cells
from luke_qa.errors import RequestError
from luke_qa.schema import NativeRequest

GENERATED = generate()


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.name)
def test_a_file_is_up_to_date(path: Path) -> None:
    assert path.read_text("utf-8") == GENERATED[path], "run `make generated`"


def test_every_part_is_on_a_page() -> None:
    pages = "".join(page.read_text("utf-8") for page in DOCS.glob("*.md"))
    for part in (request_fields(), server_errors(), dependencies(), workers_metrics(), supervisors_metrics()):
        assert part in pages


def words_of(table: str) -> set[str]:
    """The cells of a table that have words, not code and numbers alone."""
    cells = [cell for line in table.splitlines() if line.startswith("| ") for cell in line[2:-2].split(" | ")]
    return {cell for cell in cells if re.search("[A-Za-z]", re.sub(r"`[^`]*`", "", cell))}


def comments_of_programs() -> set[str]:
    """What the programs of the English pages say of themselves."""
    pages = [page.read_text("utf-8") for page in DOCS.glob("*.md") if not page.name.endswith(".ja.md")]
    return {comment for page in pages for comment in comments(page)}


def test_every_cell_of_a_generated_table_and_every_comment_has_its_japanese_and_no_other() -> None:
    parts = generated_parts()
    assert {"licence", "packages", "MIT"} <= words_of(parts.pop("licences"))  # names, but for the head
    english = set().union(*map(words_of, parts.values())) | {"licence", "packages"} | comments_of_programs()
    assert english - read_cells().keys() == set(), "write its Japanese into docs/cells.ja.toml"
    assert read_cells().keys() - english == set(), "nothing says this any more: remove it from docs/cells.ja.toml"


def test_every_field_and_every_error_has_a_row() -> None:
    assert request_fields().count("\n") == 1 + len(NativeRequest.model_fields)
    assert server_errors().count("\n") == 1 + len(RequestError.__subclasses__())


def test_a_metric_has_its_exposed_name_type_labels_and_meaning() -> None:
    assert "| `luke_qa_requests_total` | counter | `outcome` | Requests that were answered, by outcome:" in (
        workers_metrics()
    )
    assert "| `luke_qa_engine_info` | gauge | `backend`, `device`, `dtype`, `version` |" in workers_metrics()
    assert "| `luke_qa_request_seconds` | histogram | `size` | " in workers_metrics()
    assert "| `luke_qa_server_restarts_total` | counter | `reason` |" in supervisors_metrics()


def test_a_part_is_replaced_and_the_rest_stays() -> None:
    page = "a\n<!-- generated: x y -->\nold\n<!-- end of x y -->\nb\n"
    filled = fill_in(page, {"x y": "new"})
    assert filled == "a\n<!-- generated: x y -->\n\nnew\n\n<!-- end of x y -->\nb\n"
    assert fill_in(filled, {"x y": "new"}) == filled


def test_an_unknown_part_is_an_error() -> None:
    with pytest.raises(KeyError, match="x"):
        fill_in("<!-- generated: x -->\n<!-- end of x -->\n", {})
