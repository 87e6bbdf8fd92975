"""Write the bills of materials of the server and of the client: ``python -m deploy.sbom [DIRECTORY]``.

CycloneDX's own tool reads the environment that this runs in. Of what it finds, each bill keeps the packages that the
server or the client needs, and the server's names the checkpoint, too.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from luke_qa_client import __version__
from ops.layout import ROOT
from ops.licences import installed_packages, normal, read_requirements

CLIENT = ROOT / "client" / "pyproject.toml"
SERVER_REQUIREMENTS = ROOT / "requirements" / "serve.txt"
WEIGHTS = ROOT / "checkpoints" / "embedded" / "model.safetensors"

Bill = dict[str, Any]


def read_environment() -> Bill:
    """The bill of everything that is installed beside this Python."""
    tool = Path(sys.executable).with_name("cyclonedx-py")
    command = [
        str(tool),
        "environment",
        "--output-reproducible",
        "--no-validate",
        "--of",
        "JSON",
        "-o",
        "-",
        sys.executable,
    ]
    bill: Bill = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return bill


def keep(bill: Bill, name: str, version: str, requirements: Iterable[str], more: Iterable[Bill] = ()) -> Bill:
    """The part of a bill that ``requirements`` bring, as the bill of the product ``name``."""
    wanted = {package.name for package in installed_packages(requirements)}
    components = [each for each in bill["components"] if normal(each["name"]) in wanted]
    refs = {each["bom-ref"] for each in components}
    dependencies = [
        {**each, "dependsOn": [ref for ref in each.get("dependsOn", []) if ref in refs]}
        for each in bill["dependencies"]
        if each["ref"] in refs
    ]
    direct = {normal(text.partition("=")[0].partition(">")[0].partition("[")[0].strip()) for text in requirements}
    product = {"type": "application", "bom-ref": name, "name": name, "version": version, "licenses": _MIT}
    on = [each["bom-ref"] for each in components if normal(each["name"]) in direct]
    return {
        **bill,
        "metadata": {**bill["metadata"], "component": product},
        "components": [*components, *more],
        "dependencies": [{"ref": name, "dependsOn": [*on, *(each["bom-ref"] for each in more)]}, *dependencies],
    }


def weights(file: Path) -> Bill:
    """The checkpoint as a component, by its digest."""
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return {
        "type": "machine-learning-model",
        "bom-ref": f"checkpoint:{file.parent.name}",
        "name": file.parent.name,
        "hashes": [{"alg": "SHA-256", "content": digest}],
    }


def bills() -> dict[str, Bill]:
    """The text of each file by its name."""
    project = tomllib.loads(CLIENT.read_text("utf-8"))["project"]
    server = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    everything = read_environment()
    return {
        "luke-qa-server.cdx.json": keep(
            everything, server["name"], server["version"], read_requirements(SERVER_REQUIREMENTS), [weights(WEIGHTS)]
        ),
        "luke-qa-client.cdx.json": keep(everything, project["name"], __version__, project["dependencies"]),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.sbom", description=__doc__)
    parser.add_argument("directory", nargs="?", type=Path, default=Path("build"), help="gets the two files")
    directory: Path = parser.parse_args().directory
    directory.mkdir(parents=True, exist_ok=True)
    for name, bill in bills().items():
        (directory / name).write_text(json.dumps(bill, indent=1, ensure_ascii=False) + "\n", "utf-8")
        print(directory / name)
    return 0


_MIT = [{"license": {"id": "MIT"}}]

if __name__ == "__main__":
    sys.exit(main())
