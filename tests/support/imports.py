"""Which module imports which, read from the sources: imports inside functions count as much as those at the top."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Module:
    """A module and the full names that its import statements mention, ``package.module.name`` included."""

    name: str
    mentioned: frozenset[str]

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]


def read_modules(roots: Mapping[str, Path]) -> dict[str, Module]:
    """All modules of the packages, each name with its directory or file."""
    return {module.name: module for name, root in roots.items() for module in _read_package(name, root)}


def imports(module: Module, modules: Mapping[str, Module]) -> set[str]:
    """The modules that it imports, as far as they are among ``modules``."""
    return {found for name in module.mentioned if (found := _longest_module(name, modules))}


def find_cycle(modules: Mapping[str, Module]) -> list[str]:
    """Modules that import each other in a circle; empty if there is none."""
    try:
        TopologicalSorter({name: imports(module, modules) for name, module in modules.items()}).prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1]
        return cycle[::-1]
    return []


def _read_package(name: str, root: Path) -> Iterator[Module]:
    if root.is_file():
        yield _read_module(name, root)
        return
    for file in sorted(root.rglob("*.py")):
        parts = file.relative_to(root).with_suffix("").parts
        yield _read_module(".".join([name, *(part for part in parts if part != "__init__")]), file)


def _read_module(name: str, file: Path) -> Module:
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    return Module(name, frozenset(_mentioned(ast.parse(file.read_text("utf-8")), package)))


def _mentioned(tree: ast.AST, package: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def _longest_module(name: str, modules: Mapping[str, Module]) -> str | None:
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name or None
