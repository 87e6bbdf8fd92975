"""The licences of what is installed, against the list of those that are accepted."""

import re
import tomllib
from email.message import Message
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any, cast

import pytest

from ops.layout import ROOT
from ops.licences import CUDA, installed_packages, licence_of, normal, read_requirements

ACCEPTED = {
    "0BSD",
    "Apache-2.0",
    "BSD",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "MIT",
    "MIT-CMU",
    "PSF-2.0",
    "Zlib",
}
ACCEPTED |= {
    "MPL-2.0",  # its files may be used as they are, beside others
    "Apache-2.0 WITH LLVM-exception",
    "GPL-2.0-only WITH Classpath-exception-2.0",  # Java, as a program of its own
}
CLIENT = tomllib.loads((ROOT / "client" / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
SERVER = read_requirements(ROOT / "requirements" / "serve.txt")


class Declared:
    """A package that declares this."""

    def __init__(self, **fields: str | list[str]) -> None:
        self.metadata = Message()
        for name, values in fields.items():
            for value in [values] if isinstance(values, str) else values:
                self.metadata[name.replace("_", "-")] = value


def declared(**fields: str | list[str]) -> str:
    return licence_of("x", cast(Any, Declared(**fields)))


def test_every_licence_is_accepted() -> None:
    packages = [each for each in installed_packages([*SERVER, *CLIENT]) if not each.name.startswith(CUDA)]
    assert len(packages) > 30
    parts = {each.name: set(re.split(r" (?:AND|OR) ", each.licence)) for each in packages}
    assert {name: found - ACCEPTED for name, found in parts.items() if found - ACCEPTED} == {}


def test_an_installation_is_closed() -> None:
    found = {each.name for each in installed_packages(["requests"])}
    assert found == {"requests", "certifi", "charset-normalizer", "idna", "urllib3"}
    assert {"torch", "sympy", "mpmath"} <= {each.name for each in installed_packages(SERVER)}


def test_what_is_not_installed_is_named() -> None:
    with pytest.raises(PackageNotFoundError, match="no-such-thing"):
        installed_packages(["no-such-thing"])


def test_a_licence_is_an_expression_a_word_or_a_classifier() -> None:
    assert declared(License_Expression="MIT AND Zlib", License="other") == "MIT AND Zlib"
    assert declared(License="Apache License Version 2.0") == "Apache-2.0"
    assert (
        declared(License="a long\ntext", Classifier=["Topic :: X", "License :: OSI Approved :: MIT License"]) == "MIT"
    )
    assert declared(License="a long\ntext") == "unknown"
    assert declared() == "unknown"


def test_requirements_are_read_without_comments_and_files(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("# why\n-r other.txt\na==1  # because\n\nB_c>=2\n", "utf-8")
    assert read_requirements(tmp_path / "file") == ["a==1", "B_c>=2"]
    assert normal("B_.c") == "b-c"
