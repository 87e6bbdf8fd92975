"""The proxy's settings."""

from pathlib import Path

import pytest
import yaml

from deploy.proxy import Proxy, ProxyError, Server, read_proxy
from ops.profiles import Profile, read_model_config

DEPLOY = Path(__file__).parents[3] / "deploy"

PRODUCTION = "production: true\ncertificate: c.pem\nkeys: keys\n"


def read(tmp_path: Path, text: str) -> Proxy:
    file = tmp_path / "proxy.yaml"
    file.write_text(text, "utf-8")
    return read_proxy(file)


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    assert read(tmp_path, "") == Proxy()


def test_the_file_that_is_shipped_is_valid() -> None:
    proxy = read_proxy(DEPLOY / "proxy.yaml")
    assert proxy == Proxy()


def test_settings_are_read(tmp_path: Path) -> None:
    proxy = read(
        tmp_path,
        "servers: [{name: a, workers: 4}, {name: b, http: 8180, grpc: 7170, control: 8179}]\n"
        "http: '[::1]:443'\ngrpc: null\nkeys: keys.txt\norigins: ['https://a.example:8443']\nbody_timeout: 2.5\n",
    )
    assert proxy.servers == (Server("a", workers=4), Server("b", http=8180, grpc=7170, control=8179))
    assert (proxy.http, proxy.grpc, proxy.keys) == ("[::1]:443", None, Path("keys.txt"))
    assert (proxy.origins, proxy.body_timeout) == (("https://a.example:8443",), 2.5)


@pytest.mark.parametrize(
    ("workers", "slots", "total", "large"),
    [
        (1, None, 2, 1),
        (2, None, 4, 1),
        (3, None, 6, 2),
        (8, None, 16, 7),
        (4, 320, 320, 120),
        (1, 128, 128, 1),
        (2, 1, 1, 1),
    ],
)
def test_one_worker_at_least_is_kept_for_small_requests(
    workers: int, slots: int | None, total: int, large: int
) -> None:
    server = Server("a", workers=workers, slots=slots)
    assert (server.total_slots, server.large_slots) == (total, large)


def test_the_proxy_of_a_gpu_fills_the_batches_of_its_profile() -> None:
    overlay = yaml.safe_load((DEPLOY / "kubernetes" / "gpu" / "proxy-settings.yaml").read_text("utf-8"))
    (server,) = yaml.safe_load(overlay[0]["value"])["servers"]
    profile = read_model_config(Profile.GPU)
    assert server["workers"] == profile["maxWorkers"]
    computed = profile["maxWorkers"] * profile["batchSize"]
    assert computed < server["slots"] <= computed + profile["jobQueueSize"]  # beyond, TorchServe refuses


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("[]", "must be a mapping"),
        ("{", "cannot be read"),
        ("bodies: 3", "bodies is not a setting. The settings are: servers, http"),
        ("servers: [{name: a, port: 1}]", "servers.0.port is not a setting. The settings are: name, host"),
        ("servers: []", "servers: Tuple should have at least 1 item"),
        ("servers: [{name: a}, {name: a}]", "two servers have the same name"),
        ("servers: [{name: 'a b'}]", "servers.0.name"),
        ("servers: [{name: a, host: 'x y'}]", "servers.0.host"),
        ("servers: [{name: a, http: 0}]", "servers.0.http"),
        ("max_body: '3'", "max_body"),
        ("header_timeout: 0", "header_timeout"),
        ("http: localhost:80", "http"),
        ("origins: ['*']", "origins.0"),
        ("origins: ['https://a.example/path']", "origins.0"),
        ("keys: 'a b'", "a path may hold letters"),
        ("run: '/x\"'", "a path may hold letters"),
        (f"run: /{'x' * 100}", "run is longer than 90 characters"),
        ("exporter: '*:9101'", "exporter must be a loopback address"),
        ("http: '*:443'", "*:443 is open to a network: set production: true"),
        ("http: '*:443'\ncertificate: c.pem\nkeys: keys", "*:443 is open to a network: set production: true"),
        ("production: true", "production needs a certificate and keys"),
        ("production: true\nkeys: keys", "production needs a certificate: set"),
        ("production: true\ncertificate: c.pem", "production needs keys"),
        (f"{PRODUCTION}exporter: '*:9101'", "exporter must be a loopback address"),
        (f"{PRODUCTION}trusted_network: true", "production trusts no network"),
        ("production: maybe", "production"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, part: str) -> None:
    with pytest.raises(ProxyError) as caught:
        read(tmp_path, text)
    assert part in str(caught.value)
    assert "proxy.yaml" in str(caught.value)
    assert "\n" not in str(caught.value) or text == "{"


def test_production_is_open_with_a_certificate_and_keys(tmp_path: Path) -> None:
    proxy = read(tmp_path, f"{PRODUCTION}http: '*:443'\ngrpc: '[::]:8443'\n")
    assert (proxy.http, proxy.grpc) == ("*:443", "[::]:8443")
    assert proxy.profile == "Production: *:443 and [::]:8443, for callers with a key, over TLS."


def test_a_trusted_network_needs_neither_and_prometheus_may_be_elsewhere(tmp_path: Path) -> None:
    proxy = read(tmp_path, "http: '*:80'\nexporter: '*:9101'\ntrusted_network: true")
    assert (proxy.http, proxy.exporter) == ("*:80", "*:9101")
    assert proxy.profile.startswith("Trusted network: *:80")


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProxyError, match=r"nothing\.yaml cannot be read"):
        read_proxy(tmp_path / "nothing.yaml")
