"""Prometheus, alertmanager and a receiver of its alerts as processes and threads of the tests."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest
import requests
import yaml

from ops.layout import ROOT
from ops.ports import find_free_port
from tests.support import waiting

PROMETHEUS: Final = ROOT / "deploy" / "prometheus"
_PACKAGES: Final = {"promtool": "prometheus", "amtool": "prometheus-alertmanager"}

wait_for = partial(waiting.wait_for, seconds=120)


def program(*names: str) -> str:
    """The first of these programs that is installed. Without any, the test is skipped."""
    for name in names:
        if path := shutil.which(name, path=None) or shutil.which(name, path="/usr/sbin"):
            return path
    pytest.skip(f"{names[0]} is not installed: apt-get install {_PACKAGES.get(names[0], names[0])}")


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.ConnectionError:
        return False


@contextmanager
def process(command: list[str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A program that runs, with its output in a file."""
    with log.open("wb") as output:
        running = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        yield running
    finally:
        running.terminate()
        running.wait(30)


@dataclass(frozen=True)
class Prometheus:
    """A Prometheus that runs."""

    url: str

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series that the expression gives now."""
        reply = requests.post(f"{self.url}/api/v1/query", data={"query": expression}, timeout=10).json()
        assert reply["status"] == "success", f"{expression}: {reply.get('error')}"
        result: list[dict[str, Any]] = reply["data"]["result"]
        return result


@contextmanager
def run_prometheus(directory: Path, targets: Mapping[str, str], *, hasty: bool = False) -> Iterator[Prometheus]:
    """Prometheus with our configuration, but other targets and once a second.

    ``targets`` has an address for each job that is wanted, and for the alertmanager. Where ``hasty``, no alert waits
    for long.
    """
    command = program("prometheus")
    config, rules = (
        yaml.safe_load((PROMETHEUS / f"{name}.yml").read_text("utf-8")) for name in ("prometheus", "rules")
    )
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["alerting"]["alertmanagers"][0]["static_configs"] = [
        {"targets": [targets.get("alertmanager", "127.0.0.1:9")]}
    ]
    config["scrape_configs"] = [job for job in config["scrape_configs"] if job["job_name"] in targets]
    for job in config["scrape_configs"]:
        job["static_configs"] = [{"targets": [targets[job["job_name"]]]}]
    if hasty:
        for rule in (rule for group in rules["groups"] for rule in group["rules"] if "for" in rule):
            rule["for"] = "1s"
    (directory / "prometheus.yml").write_text(yaml.safe_dump(config), "utf-8")
    (directory / "rules.yml").write_text(yaml.safe_dump(rules), "utf-8")
    address = f"127.0.0.1:{find_free_port()}"
    options = [
        f"--config.file={directory / 'prometheus.yml'}",
        f"--storage.tsdb.path={directory / 'data'}",
        f"--web.listen-address={address}",
    ]
    with process([command, *options], directory / "prometheus.log"):
        wait_for(lambda: answers(f"http://{address}/-/ready"))
        yield Prometheus(f"http://{address}")


class Receiver:
    """A webhook that keeps the alerts it is sent."""

    def __init__(self) -> None:
        self.alerts: list[tuple[str, str, str]] = []  # path, name, firing or resolved
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                receiver.alerts += [
                    (self.path, alert["labels"]["alertname"], alert["status"]) for alert in content["alerts"]
                ]
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def wait_for(self, path: str, name: str, status: str) -> None:
        """Wait for an alert, and forget it and those before it."""
        wait_for(lambda: (path, name, status) in self.alerts)
        del self.alerts[: self.alerts.index((path, name, status)) + 1]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def run_alertmanager(directory: Path, receiver: str) -> Iterator[str]:
    """Alertmanager with our configuration, but another receiver and no patience. Yields its address."""
    command = program("prometheus-alertmanager", "alertmanager")
    config = yaml.safe_load((PROMETHEUS / "alertmanager.yml").read_text("utf-8"))
    config["route"] |= {"group_wait": "1s", "group_interval": "1s"}
    for each in config["receivers"]:
        for webhook in each["webhook_configs"]:
            webhook["url"] = receiver + "/" + webhook["url"].rpartition("/")[2]
    (directory / "alertmanager.yml").write_text(yaml.safe_dump(config), "utf-8")
    address = f"127.0.0.1:{find_free_port()}"
    options = [
        f"--config.file={directory / 'alertmanager.yml'}",
        f"--storage.path={directory / 'alerts'}",
        f"--web.listen-address={address}",
        "--cluster.listen-address=",
    ]
    with process([command, *options], directory / "alertmanager.log"):
        wait_for(lambda: answers(f"http://{address}/-/ready"))
        yield address
