"""The manifests are valid, fit together, and serve in a pod."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import kubernetes_validate
import pytest
import yaml

from deploy.proxy import read_proxy
from ops.layout import ROOT
from ops.ports import find_free_port
from ops.times import Times
from tests.deploy.containers import Podman, answers
from tests.deploy.kustomize import Manifest, containers, find, render
from tests.support.waiting import wait_for

KUBERNETES: Final = ROOT / "deploy" / "kubernetes"
RENDERED: Final = {name: render(KUBERNETES / name) for name in ("base", "gpu")}
# The oldest and the newest release that are looked at
VERSIONS: Final = ("1.30", "1.37")
# Seconds from SIGTERM to the end of the server, the five that Java has included
END_OF_SERVER: Final = Times().notice + Times().drain + 5

each_rendering = pytest.mark.parametrize("objects", RENDERED.values(), ids=RENDERED.keys())


@each_rendering
@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_is_valid(objects: list[Manifest], version: str) -> None:
    for manifest in objects:
        kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("name", RENDERED)
def test_kustomize_prints_the_same(name: str) -> None:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed")
    printed = subprocess.run([kubectl, "kustomize", KUBERNETES / name], capture_output=True, text=True, check=True)

    def by_kind(objects: Any) -> dict[str, Manifest]:
        return {each["kind"]: each for each in objects}

    assert by_kind(yaml.safe_load_all(printed.stdout)) == by_kind(RENDERED[name])


@each_rendering
def test_selectors_and_ports_name_what_there_is(objects: list[Manifest]) -> None:
    template = find(objects, "Deployment")["spec"]["template"]
    labels = template["metadata"]["labels"]
    ports = {port["name"] for each in containers(find(objects, "Deployment")) for port in each.get("ports", [])}
    service = find(objects, "Service")["spec"]
    policy = find(objects, "NetworkPolicy")["spec"]
    selectors = [
        find(objects, "Deployment")["spec"]["selector"]["matchLabels"],
        find(objects, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        service["selector"],
        policy["podSelector"]["matchLabels"],
    ]
    assert all(selector.items() <= labels.items() for selector in selectors)
    assert {port["targetPort"] for port in service["ports"]} == ports
    assert {port["port"] for rule in policy["ingress"] for port in rule["ports"]} == ports
    scaled = find(objects, "HorizontalPodAutoscaler")["spec"]
    assert scaled["scaleTargetRef"]["name"] == find(objects, "Deployment")["metadata"]["name"]
    assert scaled["metrics"][0]["containerResource"]["container"] in {each["name"] for each in container_list(objects)}
    monitor = yaml.safe_load((KUBERNETES / "monitoring" / "servicemonitor.yaml").read_text("utf-8"))["spec"]
    assert monitor["selector"]["matchLabels"].items() <= find(objects, "Service")["metadata"]["labels"].items()
    assert {endpoint["port"] for endpoint in monitor["endpoints"]} <= {port["name"] for port in service["ports"]}


@each_rendering
def test_no_container_may_do_more_than_it_must(objects: list[Manifest]) -> None:
    pod = find(objects, "Deployment")["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert (pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"]) == (True, 1000)
    for container in container_list(objects):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]


@each_rendering
def test_a_pod_has_the_time_to_end_what_is_in_flight(objects: list[Manifest]) -> None:
    pod = find(objects, "Deployment")["spec"]["template"]["spec"]
    pauses = {each["name"]: int(each["lifecycle"]["preStop"]["exec"]["command"][1]) for each in pod["containers"]}
    assert pauses["server"] >= pauses["proxy"] + settings(objects)["queue_timeout"]
    assert pod["terminationGracePeriodSeconds"] > pauses["server"] + END_OF_SERVER


@each_rendering
def test_the_autoscaler_alone_sets_the_number_of_pods(objects: list[Manifest]) -> None:
    assert "replicas" not in find(objects, "Deployment")["spec"]
    assert find(objects, "HorizontalPodAutoscaler")["spec"]["minReplicas"] == 2


@each_rendering
def test_callers_cannot_have_the_proxy_restarted(objects: list[Manifest]) -> None:
    proxy = next(each for each in container_list(objects) if each["name"] == "proxy")
    ports = {port["name"]: port["containerPort"] for port in proxy["ports"]}
    addresses = {name: int(settings(objects)[name].rpartition(":")[2]) for name in ("http", "grpc", "exporter")}
    assert ports == addresses
    probe = proxy["livenessProbe"]
    assert probe["httpGet"] == {"path": "/metrics", "port": "exporter"}
    assert probe["timeoutSeconds"] == 5
    assert proxy["readinessProbe"]["httpGet"] == {"path": "/ready", "port": "http"}


def test_the_proxy_knows_how_many_workers_there_are() -> None:
    (server,) = settings(RENDERED["base"])["servers"]
    limit = next(each for each in container_list(RENDERED["base"]) if each["name"] == "server")["resources"]["limits"]
    assert server["workers"] == int(limit["cpu"])  # TorchServe starts a worker for each core


@pytest.mark.parametrize("text", [find(each, "ConfigMap")["data"]["proxy.yaml"] for each in RENDERED.values()])
def test_the_proxys_settings_are_settings(text: str, tmp_path: Path) -> None:
    file = tmp_path / "proxy.yaml"
    file.write_text(text, "utf-8")
    proxy = read_proxy(file)
    assert (proxy.configuration, proxy.run) == (Path("/run/luke-qa-proxy"), Path("/run/luke-qa-proxy"))


def test_only_the_servers_of_the_proxy_differ_on_a_gpu() -> None:
    base, gpu = settings(RENDERED["base"]), settings(RENDERED["gpu"])
    config = yaml.safe_load((ROOT / "config" / "gpu.yaml").read_text("utf-8"))
    (server,) = gpu.pop("servers")
    del base["servers"]
    assert base == gpu
    assert server["workers"] == config["maxWorkers"]
    assert server["slots"] >= config["maxWorkers"] * config["batchSize"]


def container_list(objects: list[Manifest]) -> list[Manifest]:
    return containers(find(objects, "Deployment"))


def settings(objects: list[Manifest]) -> Manifest:
    loaded: Manifest = yaml.safe_load(find(objects, "ConfigMap")["data"]["proxy.yaml"])
    return loaded


@dataclass(frozen=True)
class Pod:
    """A pod of ``base`` as podman plays it; its proxy answers at ``url``."""

    podman: Podman
    file: Path
    url: str

    def container(self, name: str) -> str:
        return f"luke-qa-{name}"

    def play(self) -> None:
        self.podman.run("kube", "play", "--replace", str(self.file))

    def processes(self, name: str) -> str:
        return self.podman.run("top", self.container(name), "hpid", "args")


@pytest.fixture
def pod(podman: Podman, image: str, haproxy: str, tmp_path: Path) -> Iterator[Pod]:
    port = find_free_port()
    objects = deepcopy(RENDERED["base"])
    template = find(objects, "Deployment")["spec"]["template"]
    for container in containers(find(objects, "Deployment")):
        container["image"] = haproxy if "haproxy" in container["image"] else image
        container["imagePullPolicy"] = "Never"
        container.pop("ports", None)  # podman would publish them on every address of the machine
    (proxy,) = (each for each in template["spec"]["containers"] if each["name"] == "proxy")
    proxy["ports"] = [{"containerPort": 9080, "hostPort": port, "hostIP": "127.0.0.1"}]
    # Podman 4.3 knows no secret that may be missing, and in a Deployment starts an init container again and again.
    proxy["volumeMounts"] = [mount for mount in proxy["volumeMounts"] if mount["name"] != "keys"]
    template["spec"]["volumes"] = [volume for volume in template["spec"]["volumes"] if volume["name"] != "keys"]
    template["spec"]["restartPolicy"] = "OnFailure"
    template["metadata"]["name"] = "luke-qa"
    file = tmp_path / "rendered.yaml"
    played = [find(objects, "ConfigMap"), {"apiVersion": "v1", "kind": "Pod", **template}]
    file.write_text(yaml.safe_dump_all(played), "utf-8")
    try:
        yield Pod(podman, file, f"http://127.0.0.1:{port}")
    finally:
        podman.run("kube", "down", str(file), check=False)
        podman.run("volume", "rm", "--force", "proxy", "state", "luke-qa-proxy", check=False)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_pod_answers_and_is_replaced(pod: Pod) -> None:
    pod.play()
    wait_for(lambda: answers(pod.url), 120)
    assert "haproxy" in pod.processes("proxy")
    # Java is killed: the supervisor starts it again, and the proxy is there all the while.
    lines = pod.processes("server").splitlines()
    (java,) = (line.split()[0] for line in lines if "org.pytorch.serve.ModelServer" in line)
    subprocess.run(["kill", "-9", java], check=True)
    wait_for(lambda: not answers(pod.url), 30)
    wait_for(lambda: answers(pod.url), 120)
    # The pod is killed and played again.
    pod.podman.run("pod", "kill", "luke-qa")
    wait_for(lambda: not answers(pod.url), 30)
    pod.play()
    wait_for(lambda: answers(pod.url), 120)
    started = time.monotonic()
    pod.podman.run("stop", "--time", "60", pod.container("server"))
    assert time.monotonic() - started < 30
    assert pod.podman.inspect(pod.container("server"), "{{.State.ExitCode}}") == "0"
