"""The unit is valid, and keeps the server up on a machine that systemd runs."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from ops.layout import MODEL_NAME, ROOT
from ops.times import Times
from tests.deploy.containers import ANSWER, CONTEXT, QUESTION, Podman, wait_until

UNIT: Final = ROOT / "deploy" / "systemd" / "luke-qa.service"
ASK: Final = f"""
import json, urllib.request as r
body = json.dumps({{"question": {QUESTION!r}, "context": {CONTEXT!r}}}).encode()
asked = r.Request("http://127.0.0.1:8080/predictions/{MODEL_NAME}", body, {{"Content-Type": "application/json"}})
print(json.load(r.urlopen(asked, timeout=10))["answer"])
"""


def value(name: str) -> str:
    (found,) = (line.partition("=")[2] for line in UNIT.read_text("utf-8").splitlines() if line.startswith(f"{name}="))
    return found


def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed: apt-get install systemd")
    installed = tmp_path / UNIT.name
    # The program need not be where the unit has it.
    installed.write_text(UNIT.read_text("utf-8").replace("/opt/luke-qa/.venv/bin/python", "/bin/true"), "utf-8")
    done = subprocess.run(["systemd-analyze", "verify", installed], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")  # it succeeds on unknown names, but complains


def test_a_stop_lasts_longer_than_what_is_in_flight() -> None:
    assert int(value("TimeoutStopSec")) > Times().notice + Times().drain + 5


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
        wait_until(lambda: inside("systemctl", "is-system-running", check=False) in ("running", "degraded"), 60)
        inside("ln", "-s", "/image/opt/luke-qa", "/opt/luke-qa")
        inside("cp", "/unit", "/etc/systemd/system/luke-qa.service")
        inside("systemctl", "daemon-reload")
        inside("systemctl", "enable", "--now", "luke-qa")
        wait_until(answers, 120)
        main, _ = processes()
        assert inside("stat", "-c", "%u", f"/proc/{main}") != "0"
        # The supervisor is killed: systemd ends what it left behind and starts it again.
        inside("kill", "-9", main)
        wait_until(lambda: processes() not in ([main, "0"], ["0", "0"]), 30)
        wait_until(answers, 120)
        assert processes()[1] == "1"
        inside("systemctl", "stop", "luke-qa")
        assert inside("systemctl", "show", "--property=Result,ExecMainStatus", "--value", "luke-qa").split() == [
            "success",
            "0",
        ]
        assert "ModelServer" not in inside("ps", "-e", "-o", "args")
    finally:
        podman.run("rm", "--force", "--volumes", name, check=False)
