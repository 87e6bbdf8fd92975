"""The manifests are what the SDK's types allow, their containers what Kubernetes allows, and they fit together."""

import subprocess
from pathlib import Path
from typing import Any, Final

import kubernetes_validate
import pytest
import yaml

from deploy.kserve.__main__ import IMAGE as KSERVE_IMAGE
from deploy.triton.command import IMAGE as TRITON_IMAGE
from ops.layout import ROOT

FOLDER: Final = ROOT / "deploy" / "kserve"
FILES: Final = (FOLDER / "runtimes.yaml", FOLDER / "services.yaml")
RUNTIMES, SERVICES = (list(yaml.safe_load_all(file.read_text("utf-8"))) for file in FILES)


FAULTS: Final[list[tuple[dict[str, Any], str]]] = [
    ({"protocols": ["v2"]}, "there is no protocols in V1alpha1ServingRuntimeSpec"),
    ({"protocolVersions": "v2"}, "protocolVersions: no list"),
    ({"multiModel": "yes"}, "'yes' is no bool"),
    ({"containers": [{"image": "luke-qa"}]}, "name Field required"),
    ({"containers": [{"name": "a", "ports": [{"containerPort": "80"}]}]}, "'80' is no int"),
]


def test_every_field_is_one_of_kserves_and_a_fault_is_found(sdk: Path, tmp_path: Path) -> None:
    wrong = list[Path]()
    for number, (change, _) in enumerate(FAULTS):
        wrong.append(tmp_path / f"{number}.yaml")
        content = {**RUNTIMES[0], "spec": {**RUNTIMES[0]["spec"], **change}}
        wrong[-1].write_text(yaml.safe_dump(content), "utf-8")
    command = [sdk, Path(__file__).with_name("schema.py"), *FILES, *wrong]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (1, "")
    assert [line for line in said if str(FOLDER) in line] == []
    for file, (_, fault) in zip(wrong, FAULTS, strict=True):
        assert any(str(file) in line and fault in line for line in said), fault


@pytest.mark.parametrize("runtime", RUNTIMES, ids=lambda runtime: str(runtime["metadata"]["name"]))
def test_what_a_runtime_runs_is_a_pod(runtime: dict[str, Any]) -> None:
    """KServe adds the volume of the model, and replaces the container's name in the pod by the same."""
    spec = {name: runtime["spec"][name] for name in ("containers", "volumes") if name in runtime["spec"]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": spec}
    kubernetes_validate.validate(pod, "1.37", strict=True)
    (container,) = spec["containers"]
    assert container["name"] == "kserve-container"  # the name by which KServe finds it
    assert container["securityContext"]["runAsNonRoot"]
    assert container["ports"][0]["containerPort"] == 8080  # where KServe's route leads


def test_services_and_runtimes_fit() -> None:
    runtimes = {runtime["metadata"]["name"]: runtime["spec"] for runtime in RUNTIMES}
    models = [service["spec"]["predictor"]["model"] for service in SERVICES]
    assert {model["runtime"] for model in models} == runtimes.keys()
    for model in models:
        runtime = runtimes[model["runtime"]]
        assert model["modelFormat"] in runtime["supportedModelFormats"]
        assert model.get("protocolVersion", "v2") in runtime.get("protocolVersions", ["v2"])
    images = {spec["containers"][0]["image"] for spec in runtimes.values()}
    assert images == {KSERVE_IMAGE, TRITON_IMAGE, "luke-qa"}
