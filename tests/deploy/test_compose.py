"""compose.yaml starts what belongs together, and opens nothing beyond this machine."""

import shutil
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from deploy.proxy import read_proxy
from ops.instance import read_properties
from ops.layout import CONFIG, ROOT
from ops.ports import find_free_port
from tests.deploy.containers import Podman, answers
from tests.support.waiting import wait_for

FILE: Final = ROOT / "deploy" / "compose.yaml"
COMPOSE: Final = yaml.safe_load(FILE.read_text("utf-8"))
SERVICES: Final[dict[str, dict[str, Any]]] = COMPOSE["services"]
PROXY: Final = read_proxy(ROOT / "deploy" / "container" / "proxy.yaml")


def test_the_services_are_the_server_and_what_stands_around_it() -> None:
    assert SERVICES.keys() == {"net", "server", "proxy-config", "proxy", "prometheus", "alertmanager"}
    for service in SERVICES.values():
        for needed in service.get("depends_on", []):
            assert needed in SERVICES


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_may_do_more_than_it_must(name: str) -> None:
    service = SERVICES[name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_ports_are_published_on_loopback_alone() -> None:
    published = [port.split(":") for service in SERVICES.values() for port in service.get("ports", [])]
    assert all(host == "127.0.0.1" for host, _, _ in published)
    inside = {int(port) for _, _, port in published}
    assert inside >= {int(str(address).rpartition(":")[2]) for address in (PROXY.http, PROXY.grpc)}
    assert 8080 not in inside  # the server is reached through the proxy


def test_the_network_outlives_every_service_that_may_start_again() -> None:
    services = dict(SERVICES)
    net = services.pop("net")
    assert (net["entrypoint"], net["command"]) == (["sleep"], ["infinity"])
    assert {"depends_on", "network_mode", "volumes"}.isdisjoint(net)
    assert services.pop("proxy-config")["network_mode"] == "none"
    for service in services.values():
        assert "ports" not in service
        assert service["network_mode"] == "service:net"
        assert "net" in service["depends_on"]  # podman-compose does not see it by itself


def test_images_have_a_version() -> None:
    others = [service["image"] for service in SERVICES.values() if service["image"] != "luke-qa"]
    assert len(others) == 3
    assert all(not image.endswith(":latest") and ":" in image for image in others)


def test_what_is_mounted_is_there() -> None:
    sources = {volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    files = sources - COMPOSE["volumes"].keys()
    assert files
    assert all((FILE.parent / file).exists() for file in files)


def test_the_proxy_finds_the_server_and_its_workers() -> None:
    (server,) = PROXY.servers
    properties = read_properties(CONFIG / "config.properties")
    for name, port in (("inference_address", "http"), ("control_address", "control")):
        assert properties[name] == f"http://{server.host}:{getattr(server, port)}"
    assert int(properties["grpc_inference_port"]) == server.grpc
    assert server.workers == SERVICES["server"]["cpus"]


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_server_answers_through_its_proxy(podman: Podman, image: str, haproxy: str, tmp_path: Path) -> None:
    shutil.copytree(FILE.parent / "container", tmp_path / "container")
    port, compose = find_free_port(), deepcopy(COMPOSE)
    compose["name"] = "luke-qa-test"
    compose["services"] = {name: compose["services"][name] for name in ("net", "server", "proxy-config", "proxy")}
    for service in compose["services"].values():
        service["image"] = haproxy if "haproxy" in service["image"] else image
    compose["services"]["net"]["ports"] = [f"127.0.0.1:{port}:9080"]
    file = tmp_path / "compose.yaml"
    file.write_text(yaml.safe_dump(compose), "utf-8")

    def run(*command: str) -> "subprocess.CompletedProcess[str]":
        program = [str(Path(sys.executable).parent / "podman-compose"), "--file", str(file), *command]
        return subprocess.run(program, env=podman.environment, capture_output=True, text=True)

    try:
        started = run("up", "--detach", "--no-build")
        assert started.returncode == 0, started.stderr
        wait_for(lambda: answers(f"http://127.0.0.1:{port}"), 120)
        # The server starts again, and the proxy still reaches it.
        assert run("restart", "server").returncode == 0
        wait_for(lambda: answers(f"http://127.0.0.1:{port}"), 120)
    finally:
        run("down", "--volumes")
