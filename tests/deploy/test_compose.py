"""compose.yaml starts what belongs together, and opens nothing beyond this machine."""

from typing import Any, Final

import pytest
import yaml

from deploy.proxy import read_proxy
from ops.instance import read_properties
from ops.layout import CONFIG, ROOT

FILE: Final = ROOT / "deploy" / "compose.yaml"
COMPOSE: Final = yaml.safe_load(FILE.read_text("utf-8"))
SERVICES: Final[dict[str, dict[str, Any]]] = COMPOSE["services"]
PROXY: Final = read_proxy(ROOT / "deploy" / "container" / "proxy.yaml")


def test_the_services_are_the_server_and_what_stands_around_it() -> None:
    assert SERVICES.keys() == {"server", "proxy-config", "proxy", "prometheus", "alertmanager"}
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
    assert all(
        each.get("network_mode") in ("none", "service:server") for each in SERVICES.values() if "ports" not in each
    )


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
