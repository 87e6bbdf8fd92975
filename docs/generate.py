"""Write the generated documentation: ``python -m docs.generate``.

``openapi.json`` is generated as a whole. In a page, a generated part stands between ``<!-- generated: NAME -->`` and
``<!-- end of NAME -->``. A Japanese page has the programs of the English one, and its tables in the words of
``cells.ja.toml``. Everything else is written by hand.
"""

import ast
import json
import re
import tempfile
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from prometheus_client import REGISTRY, Metric

from docs.translations import read_cells, translate_table, with_programs_of
from luke_qa.errors import RequestError
from luke_qa.metrics import engine_started
from luke_qa.openapi import build_openapi
from luke_qa.schema import NativeRequest, TaskParameters
from luke_qa.settings import Settings
from ops.health import Health
from ops.licences import CUDA, installed_packages, read_requirements
from ops.server_metrics import ServerMetrics

DOCS: Final = Path(__file__).parent
ROOT: Final = DOCS.parent

_CLIENT: Final = ROOT / "client"
_CLIENT_ERRORS: Final = _CLIENT / "src" / "luke_qa_client" / "_errors.py"
_SERVER_ERRORS: Final = ROOT / "handler" / "luke_qa" / "errors.py"
_MODEL_CONFIG: Final = ROOT / "config" / "model-config.yaml"

_PART: Final = re.compile(r"<!-- generated: (?P<name>.+) -->\n.*?<!-- end of (?P=name) -->", re.DOTALL)

_DEFAULTS: Final = {
    "question": "required",
    "context": "required",
    "top_k": "1",
    "top_k_per_document": "no limit",
    "overlap": "1",
    "min_score": "0",
    "passage": "none",
    "max_windows": str(Settings().max_windows),
    "retriever_weight": "0",
    "max_answer_len": str(Settings().max_answer_len),
    "max_seq_len": "the model's maximum",
    "doc_stride": f"{Settings().doc_stride}, or half of `max_seq_len` if that is less",
    "handle_impossible_answer": "false",
    "join_lines": "false",
    "offsets": '"code_points"',
    "deadline_ms": "none",
    "request_id": "TorchServe's own",
}

_NEEDED_FOR: Final = {
    "async": "`AsyncLukeQAClient` over HTTP",
    "grpc": "`grpc://`, `grpcs://`, `triton+grpc://` and `triton+grpcs://`, for both clients",
    "parquet": "Parquet files in `luke-qa batch`",
    "files": "PDF, Word and HTML files in `luke-qa ask`, `batch` and `ui`; Excel workbooks in `batch`",
    "otel": "spans of OpenTelemetry; without it there are none",
    "eval": "plots in `luke-qa eval --output`",
    "haystack": "`luke_qa_client.haystack.LukeQAReader`",
    "ui": "`luke-qa ui`",
}


def generate() -> dict[Path, str]:
    """Return the text of every file that is generated, as a whole or in part."""
    parts = generated_parts()
    cells = read_cells()
    japanese = {name: translate_table(part, cells) for name, part in parts.items()}
    texts = {page: page.read_text("utf-8") for page in sorted(DOCS.glob("*.md"))}
    pages = {page: fill_in(text, japanese if is_japanese(page) else parts) for page, text in texts.items()}
    for page in filter(is_japanese, texts):
        english = page.with_name(page.name.replace(".ja.md", ".md"))
        pages[page] = with_programs_of(pages[english], pages[page], cells)
    return pages | {DOCS / "openapi.json": json.dumps(build_openapi(), indent=2, ensure_ascii=False) + "\n"}


def generated_parts() -> dict[str, str]:
    """Return the parts of pages that are generated, in English, by their names."""
    return {
        "request fields": request_fields(),
        "task parameters": task_parameters(),
        "server errors": server_errors(),
        "exceptions": exceptions(),
        "settings": settings(),
        "dependencies": dependencies(),
        "licences": licences(),
        "workers' metrics": workers_metrics(),
        "supervisor's metrics": supervisors_metrics(),
    }


def is_japanese(page: Path) -> bool:
    """Whether a page is a translation."""
    return page.name.endswith(".ja.md")


def fill_in(page: str, parts: dict[str, str]) -> str:
    """Return a page with its generated parts as they are in ``parts``.

    Raises:
        KeyError: the page has a part that is not in ``parts``.
    """
    return _PART.sub(lambda part: _mark(part["name"], parts[part["name"]]), page)


def request_fields() -> str:
    """Every field of a request in the native schema."""
    rows = (
        (f"`{name}`", field["allowed"], _DEFAULTS[name], _meaning(field))
        for name, field in sorted(_fields(NativeRequest).items(), key=lambda item: _DEFAULTS[item[0]] != "required")
    )
    return _table(("field", "allowed", "default", "meaning"), rows)


def task_parameters() -> str:
    """The parameters that only Hugging Face's schema has."""
    rows = (
        (f"`{name}`", field["allowed"], _meaning(field))
        for name, field in _fields(TaskParameters).items()
        if name not in NativeRequest.model_fields
    )
    return _table(("parameter", "allowed", "meaning"), rows)


def server_errors() -> str:
    """Every error of the server, in the order and the words of its tree."""
    types = {error.__name__: error.type for error in RequestError.__subclasses__()}
    drawn = re.findall(r"[├└]── (\w+) +(\d{3})  (.+)", _tree(_SERVER_ERRORS))
    rows = ((status, f"`{types[name]}`", meaning) for name, status, meaning in drawn)
    return _table(("status", "type", "meaning"), rows)


def exceptions() -> str:
    """The client's exceptions, as their module draws them."""
    tree = _tree(_CLIENT_ERRORS).replace("``", "")
    return f"<!-- not run: compared with the classes elsewhere -->\n```text\n{tree}\n```"


def settings() -> str:
    """The handler's section of the configuration file, comments included."""
    text = _MODEL_CONFIG.read_text("utf-8")
    section = text[text.index("\nhandler:") + 1 :].rstrip()
    return f"<!-- not run: it is configuration, read by the server elsewhere -->\n```yaml\n{section}\n```"


def dependencies() -> str:
    """What the client needs, and what each of its extras adds."""
    project = tomllib.loads((_CLIENT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [
        (f"`./client[{extra}]`", _distributions(needed), _NEEDED_FOR[extra])
        for extra, needed in project["optional-dependencies"].items()
    ]
    base = ("`./client`", _distributions(project["dependencies"]), "HTTP, and the `luke-qa` command")
    return _table(("install", "brings", "needed for"), [base, *extras])


def licences() -> str:
    """The packages of the server and of the client by their licence, as they are installed here without CUDA."""
    client = tomllib.loads((_CLIENT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    packages = installed_packages([*read_requirements(ROOT / "requirements" / "serve.txt"), *client])
    by_licence: dict[str, list[str]] = {}
    for package in packages:
        if not package.name.startswith(CUDA):
            by_licence.setdefault(package.licence, []).append(package.name)
    return _table(("licence", "packages"), ((name, ", ".join(found)) for name, found in sorted(by_licence.items())))


def workers_metrics() -> str:
    """What every worker counts and times."""
    engine_started({})  # its labels are known from then on
    return _metrics(metric for metric in REGISTRY.collect() if metric.name.startswith("luke_qa_"))


def supervisors_metrics() -> str:
    """What the supervisor adds. No worker has written anything here."""
    with tempfile.TemporaryDirectory() as directory:
        return _metrics(ServerMetrics(Path(directory), Health()).registry.collect())


def _metrics(metrics: Iterable[Metric]) -> str:
    rows = ((f"`{_exposed(metric)}`", metric.type, _labels(metric), metric.documentation) for metric in metrics)
    return _table(("metric", "type", "labels", "meaning"), rows)


def _exposed(metric: Metric) -> str:
    return f"{metric.name}_total" if metric.type == "counter" else metric.name


def _labels(metric: Metric) -> str:
    names = dict.fromkeys(name for sample in metric.samples for name in sample.labels if name != "le")
    return ", ".join(f"`{name}`" for name in names)


def _mark(name: str, text: str) -> str:
    return f"<!-- generated: {name} -->\n\n{text}\n\n<!-- end of {name} -->"


def _fields(model: type[NativeRequest] | type[TaskParameters]) -> dict[str, dict[str, Any]]:
    properties: dict[str, dict[str, Any]] = model.model_json_schema()["properties"]
    return properties


def _meaning(field: dict[str, Any]) -> str:
    description: str = field["description"]
    return description.removesuffix(f" ({field['allowed']})")


def _tree(module: Path) -> str:
    """Return the tree that a module's docstring draws in its second paragraph."""
    docstring = ast.get_docstring(ast.parse(module.read_text("utf-8"))) or ""
    return docstring.split("\n\n")[1]


def _distributions(requirements: Iterable[str]) -> str:
    return ", ".join(f"`{re.split('[^A-Za-z0-9_.-]', requirement)[0]}`" for requirement in requirements)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (head, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])


def main() -> None:
    for path, text in generate().items():
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
