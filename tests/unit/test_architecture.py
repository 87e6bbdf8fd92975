"""The order of packages and modules: every import points down, and there are no circles."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from ops.layout import HANDLER, ROOT
from tests.support.imports import Module, find_cycle, imports, read_modules

MODULES = read_modules(
    {
        "luke_qa": HANDLER / "luke_qa",
        "luke_qa_handler": HANDLER / "luke_qa_handler.py",
        "luke_qa_client": ROOT / "client" / "src" / "luke_qa_client",
        "luke_qa_command": ROOT / "client" / "src" / "luke_qa_command.py",
        **{name: ROOT / name for name in ("ops", "bulk", "deploy", "training", "bench", "docs", "tests")},
    }
)

# What each package may import besides itself.
BELOW = {
    "luke_qa": set[str](),
    "luke_qa_client": set[str](),
    "luke_qa_command": {"luke_qa_client"},
    "luke_qa_handler": {"luke_qa"},
    "ops": {"luke_qa", "luke_qa_client"},
    "bulk": {"luke_qa", "ops"},
    "deploy": {"luke_qa", "luke_qa_client", "ops"},
    "training": {"luke_qa", "luke_qa_client", "ops"},
    "bench": {"luke_qa", "luke_qa_client", "ops", "bulk", "deploy", "training"},
    "docs": {"luke_qa", "luke_qa_client", "ops"},
    "tests": {"luke_qa", "luke_qa_client", "luke_qa_handler", "ops", "bulk", "deploy", "training", "bench", "docs"},
}
TRAINING = ("data", "examples", "network", "evaluation", "pretraining", "finetuning")  # in the order of the data
COMMANDS = {f"training.{name}" for name in ("train", "evaluate", "finetune", "fit_prior", "mean")}


def modules_of(*packages: str) -> list[Module]:
    """The modules of packages or subpackages."""
    return [m for m in MODULES.values() if any(m.name == p or m.name.startswith(f"{p}.") for p in packages)]


def arrows(modules: Iterable[Module]) -> list[tuple[str, str]]:
    """Each module with each module that it imports."""
    return sorted((module.name, target) for module in modules for target in imports(module, MODULES))


def mentions(modules: Iterable[Module], *packages: str) -> list[tuple[str, str]]:
    """Each module with each name of the packages that it imports, of third parties as well."""
    return sorted((m.name, name) for m in modules for name in m.mentioned if name.partition(".")[0] in packages)


def top(name: str) -> str:
    return name.partition(".")[0]


def test_every_module_is_looked_at() -> None:
    assert {module.package for module in MODULES.values()} == BELOW.keys()
    for package in BELOW.keys() - {"luke_qa_handler", "luke_qa_command", "docs", "bulk"}:
        assert len(modules_of(package)) > 10, package


def test_packages_import_only_packages_below() -> None:
    allowed = {(package, other) for package, below in BELOW.items() for other in below | {package}}
    assert [pair for pair in arrows(MODULES.values()) if tuple(map(top, pair)) not in allowed] == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert find_cycle(MODULES) == []


def test_private_modules_and_names_stay_in_their_package() -> None:
    def is_private(name: str) -> bool:
        return any(part.startswith("_") and not part.startswith("__") for part in name.split("."))

    public = [module for module in MODULES.values() if module.package != "tests"]  # tests mirror private modules, too
    foreign = [(m.name, name) for m in public for name in m.mentioned if top(name) in BELOW.keys() - {m.package}]
    assert foreign
    assert [pair for pair in foreign if is_private(pair[1])] == []


def test_the_client_knows_neither_torch_nor_the_engine() -> None:
    assert mentions(modules_of("luke_qa_client"), "torch", "luke_qa", "openvino", "ts") == []


def test_nothing_imports_torchserve() -> None:
    ours = [module for module in MODULES.values() if not module.name.startswith("bench.peers.")]
    assert mentions(ours, "ts") == []


def test_tritons_supervisor_imports_nothing_of_ours() -> None:
    supervisor = MODULES["deploy.triton.supervisor"]  # Triton's image has this module alone
    assert imports(supervisor, MODULES) == set()


def test_tritons_glue_imports_the_service_alone() -> None:
    assert {top(name) for name in imports(MODULES["deploy.triton.model"], MODULES)} == {"luke_qa"}


def test_kserves_glue_imports_the_service_alone() -> None:
    glue = modules_of("deploy.kserve.model", "deploy.kserve.pool", "deploy.kserve.leaving", "deploy.kserve.serve")
    assert len(glue) == 4  # all that its image has of this repository, with the service
    assert {top(target) for _, target in arrows(glue)} == {"luke_qa", "deploy"}
    assert {target for _, target in arrows(glue) if top(target) == "deploy"} <= {module.name for module in glue}


def test_backends_know_nothing_of_requests_and_settings() -> None:
    above = {f"luke_qa.{name}" for name in ("engine", "service", "request", "response", "schema", "settings")}
    assert above <= MODULES.keys()
    assert [pair for pair in arrows(modules_of("luke_qa.backends")) if pair[1] in above] == []


def test_the_service_is_on_top_of_the_engine() -> None:
    assert "luke_qa.service" in imports(MODULES["luke_qa_handler"], MODULES)
    assert [pair for pair in arrows(modules_of("luke_qa")) if pair[1] == "luke_qa.service"] == []


def test_training_imports_only_earlier_folders() -> None:
    folders = {module.name.split(".")[1] for module in modules_of("training") if module.name.count(".") > 1}
    assert folders == set(TRAINING)
    assert {m.name for m in modules_of("training") if m.name.count(".") == 1} - COMMANDS == {
        f"training.{folder}" for folder in TRAINING
    }
    for number, folder in enumerate(TRAINING):
        earlier = {f"training.{name}" for name in TRAINING[: number + 1]}
        for name, target in arrows(modules_of(f"training.{folder}")):
            assert top(target) != "training" or ".".join(target.split(".")[:2]) in earlier, (name, target)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package whose modules import each other in a circle: absolutely, relatively and within a function."""
    sources = {
        "__init__.py": "",
        "a.py": "import json\nfrom p.b import name\n",
        "b.py": "from . import deep\nfrom .deep.c import other\n",
        "deep/__init__.py": "",
        "deep/c.py": "def function():\n    from ..a import name\n    import os.path\n",
    }
    for name, source in sources.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(source)
    return tmp_path


def test_imports_are_found_wherever_they_stand(package: Path) -> None:
    modules = read_modules({"p": package})
    assert {name: imports(module, modules) for name, module in modules.items()} == {
        "p": set(),
        "p.a": {"p.b"},
        "p.b": {"p.deep", "p.deep.c"},
        "p.deep": set(),
        "p.deep.c": {"p.a"},
    }
    assert modules["p.deep.c"].mentioned == {"p.a.name", "os.path"}


def test_a_circle_is_found(package: Path) -> None:
    cycle = find_cycle(read_modules({"p": package}))
    assert set(cycle) == {"p.a", "p.b", "p.deep.c"}
    (package / "deep" / "c.py").write_text("")
    assert find_cycle(read_modules({"p": package})) == []
