"""As much of kustomize as the manifests use: resources, images and JSON patches."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

Manifest = dict[str, Any]


def render(directory: Path) -> list[Manifest]:
    """The objects that ``kubectl kustomize DIRECTORY`` prints."""
    kustomization = yaml.safe_load((directory / "kustomization.yaml").read_text("utf-8"))
    assert kustomization.keys() <= {"apiVersion", "kind", "resources", "images", "patches"}
    objects: list[Manifest] = []
    for resource in kustomization["resources"]:
        path = (directory / resource).resolve()
        objects += render(path) if path.is_dir() else yaml.safe_load_all(path.read_text("utf-8"))
    for patch in kustomization.get("patches", []):
        target = patch["target"]
        (found,) = (each for each in objects if (each["kind"], each["metadata"]["name"]) == tuple(target.values()))
        for operation in yaml.safe_load((directory / patch["path"]).read_text("utf-8")):
            _apply(operation, found)
    images = {image["name"]: f"{image['newName']}:{image['newTag']}" for image in kustomization.get("images", [])}
    for container in (each for manifest in objects for each in containers(manifest)):
        container["image"] = images.get(container["image"].partition(":")[0], container["image"])
    return objects


def containers(manifest: Manifest) -> list[Manifest]:
    """Every container of a Deployment; none of anything else."""
    if manifest["kind"] != "Deployment":
        return []
    pod = manifest["spec"]["template"]["spec"]
    return [*pod.get("initContainers", []), *pod["containers"]]


def find(objects: list[Manifest], kind: str) -> Manifest:
    (found,) = (each for each in objects if each["kind"] == kind)
    return found


def _apply(operation: Manifest, target: Any) -> None:
    *way, last = operation["path"].removeprefix("/").replace("~1", "/").split("/")
    for step in way:
        target = target[int(step)] if isinstance(target, list) else target[step]
    assert operation["op"] in ("add", "replace")
    assert (last in target) == (operation["op"] == "replace")
    target[last] = deepcopy(operation["value"])
