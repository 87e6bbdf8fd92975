"""The units are valid, and keep server and proxy up on a machine that systemd runs."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from deploy.haproxy.render import render
from deploy.proxy import Proxy
from ops.layout import MODEL_NAME, ROOT
from ops.times import Times
from tests.deploy.containers import ANSWER, CONTEXT, QUESTION, Podman
from tests.support.waiting import wait_for

UNIT: Final = ROOT / "deploy" / "systemd" / "luke-qa.service"
PROXY: Final = ROOT / "deploy" / "systemd" / "luke-qa-proxy.service"
ASK: Final = f"""
import json, urllib.request as r
body = json.dumps({{"question": {QUESTION!r}, "context": {CONTEXT!r}}}).encode()
asked = r.Request("http://127.0.0.1:8080/predictions/{MODEL_NAME}", body, {{"Content-Type": "application/json"}})
print(json.load(r.urlopen(asked, timeout=10))["answer"])
"""


def values(unit: Path, name: str) -> list[str]:
    lines = unit.read_text("utf-8").splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith(f"{name}=")]


def value(unit: Path, name: str) -> str:
    (found,) = values(unit, name)
    return found


@pytest.mark.parametrize("unit", [UNIT, PROXY], ids=lambda unit: unit.stem)
def test_systemd_finds_nothing_wrong(unit: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed: apt-get install systemd")
    installed = tmp_path / unit.name
    # The program need not be where the unit has it.
    text = unit.read_text("utf-8").replace("/opt/luke-qa/.venv/bin/python", "/bin/true")
    installed.write_text(text.replace("/usr/sbin/haproxy", "/bin/true"), "utf-8")
    done = subprocess.run(["systemd-analyze", "verify", installed], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")  # it succeeds on unknown names, but complains


def test_a_stop_lasts_longer_than_what_is_in_flight() -> None:
    assert int(value(UNIT, "TimeoutStopSec")) > Times().notice + Times().drain + 5
    proxy = Proxy()
    assert int(value(PROXY, "TimeoutStopSec")) > proxy.body_timeout + proxy.queue_timeout + proxy.answer_timeout


def test_one_worker_out_of_memory_does_not_stop_the_server() -> None:
    assert value(UNIT, "OOMPolicy") == "continue"


def test_the_proxy_has_what_its_settings_take_by_default() -> None:
    proxy = Proxy()
    assert f"{proxy.configuration}/haproxy.cfg" in value(PROXY, "ExecStart")
    assert proxy.run == Path("/run", value(PROXY, "RuntimeDirectory"))
    for file in render(proxy).values():
        limit = re.search(r"^    maxconn (\d+)$", file, re.MULTILINE)
        assert limit
        assert int(value(PROXY, "LimitNOFILE")) > 2 * int(limit[1])
    assert value(PROXY, "User") == "haproxy"
    assert "CAP_NET_BIND_SERVICE" in value(PROXY, "AmbientCapabilities")


def test_the_proxy_is_reloaded_only_with_valid_files() -> None:
    check, check_large, reload = values(PROXY, "ExecReload")
    assert check.replace("-W -c -q", "-Ws") == value(PROXY, "ExecStart")
    assert check_large.endswith("-c -q -f /etc/luke-qa-proxy/large.cfg")
    assert reload.endswith("-USR2 $MAINPID")


def test_both_are_shut_in_alike() -> None:
    """What the sandbox of one forbids, that of the other does, but for what the unit gives a reason for."""

    def sandbox(unit: Path) -> set[str]:
        lines = unit.read_text("utf-8").splitlines()
        names = ("Protect", "Private", "Restrict", "Lock", "NoNew", "SystemCall", "UMask", "RemoveIPC")
        return {line for line in lines if line.startswith(names) and not line.startswith("Restart")}

    assert sandbox(UNIT) == sandbox(PROXY)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_proxy_is_kept_up_and_takes_only_files_that_hold(podman: Podman, machine: str, tmp_path: Path) -> None:
    name = "luke-qa-test-proxy"
    for file, text in render(Proxy(http="127.0.0.1:80", connections=1000)).items():  # file descriptors are few here
        (tmp_path / file).write_text(text, "utf-8")

    def inside(*command: str, check: bool = True) -> str:
        return podman.run("exec", name, *command, check=check)

    def answers() -> bool:
        ask = "import urllib.request as r; print(r.urlopen('http://127.0.0.1/live').status)"
        return inside("python3", "-c", ask, check=False) == "200"

    def state(*properties: str) -> list[str]:
        return inside("systemctl", "show", f"--property={','.join(properties)}", "--value", PROXY.stem).split()

    mounts = [f"--volume={tmp_path}:/files:ro", f"--volume={PROXY}:/unit:ro"]
    podman.run("run", "--detach", "--privileged", "--name", name, *mounts, machine, "/sbin/init")
    try:
        wait_for(lambda: inside("systemctl", "is-system-running", check=False) in ("running", "degraded"), 60)
        inside("cp", "/unit", f"/etc/systemd/system/{PROXY.name}")
        inside("install", "-d", "-o", "haproxy", "-m", "700", "/etc/luke-qa-proxy")
        inside("cp", "/files/haproxy.cfg", "/files/large.cfg", "/etc/luke-qa-proxy")
        inside("systemctl", "daemon-reload")
        inside("systemctl", "enable", "--now", PROXY.stem)
        wait_for(answers, 30)
        (main,) = state("MainPID")
        assert inside("stat", "-c", "%U", f"/proc/{main}") == "haproxy"
        inside("systemctl", "reload", PROXY.stem)
        wait_for(answers, 30)
        for file in ("large.cfg", "haproxy.cfg"):
            inside("sh", "-c", f"echo nonsense >> /etc/luke-qa-proxy/{file}")
            with pytest.raises(AssertionError):
                inside("systemctl", "reload", PROXY.stem)
            assert answers()
            inside("cp", f"/files/{file}", "/etc/luke-qa-proxy")
        assert state("MainPID", "NRestarts") == [main, "0"]
        inside("systemctl", "stop", PROXY.stem)
        assert state("Result", "ExecMainStatus") == ["success", "0"]
        assert inside("ls", "/run/luke-qa-proxy", check=False) == ""
    finally:
        podman.run("rm", "--force", "--volumes", name, check=False)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_server_is_kept_up(podman: Podman, image: str, machine: str) -> None:
    name = "luke-qa-test-machine"

    def inside(*command: str, check: bool = True) -> str:
        return podman.run("exec", name, *command, check=check)

    def answers() -> bool:
        return inside("/opt/luke-qa/.venv/bin/python", "-c", ASK, check=False) == ANSWER

    def processes() -> list[str]:
        return inside("systemctl", "show", "--property=MainPID,NRestarts", "--value", "luke-qa").split()

    mounts = [f"--mount=type=image,source={image},target=/image", f"--volume={UNIT}:/unit:ro"]
    podman.run("run", "--detach", "--privileged", "--name", name, *mounts, machine, "/sbin/init")
    try:
        wait_for(lambda: inside("systemctl", "is-system-running", check=False) in ("running", "degraded"), 60)
        inside("ln", "-s", "/image/opt/luke-qa", "/opt/luke-qa")
        inside("cp", "/unit", "/etc/systemd/system/luke-qa.service")
        inside("systemctl", "daemon-reload")
        inside("systemctl", "enable", "--now", "luke-qa")
        wait_for(answers, 120)
        main, _ = processes()
        assert inside("stat", "-c", "%u", f"/proc/{main}") != "0"
        # The supervisor is killed: systemd ends what it left behind and starts it again.
        inside("kill", "-9", main)
        wait_for(lambda: processes() not in ([main, "0"], ["0", "0"]), 30)
        wait_for(answers, 120)
        assert processes()[1] == "1"
        inside("systemctl", "stop", "luke-qa")
        assert inside("systemctl", "show", "--property=Result,ExecMainStatus", "--value", "luke-qa").split() == [
            "success",
            "0",
        ]
        assert "ModelServer" not in inside("ps", "-e", "-o", "args")
    finally:
        podman.run("rm", "--force", "--volumes", name, check=False)
