"""The image: what goes into it, and how it runs under the limits of a container."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from deploy.container import build
from deploy.container.build import BuildError, as_file, build_image, local_paths
from ops.archive import build_archive
from ops.choice import Choice
from ops.instance import read_properties
from ops.layout import CONFIG, MODEL_NAME, ROOT
from ops.ports import find_free_port
from ops.profiles import Profile, read_model_config
from ops.record import Record, read_file, write_record
from tests.deploy.containers import Podman, answers
from tests.support.checkpoints import EMBEDDED
from tests.support.waiting import wait_for

LINES: Final = build.CONTAINERFILE.read_text("utf-8").splitlines()
MODEL: Final = "http://127.0.0.1:8081/models/luke-qa?customized=true"


def test_everything_that_is_copied_is_there_and_not_ignored() -> None:
    sources = [line.split()[1] for line in LINES if line.startswith("COPY ") and "--from" not in line]
    ignored = (build.CONTAINERFILE.parent / "Containerfile.dockerignore").read_text("utf-8").splitlines()
    assert all((ROOT / source).exists() for source in sources)
    assert sorted(line[1:] for line in ignored if line.startswith("!")) == sorted(sources)


def test_the_properties_that_the_image_sets_exist() -> None:
    command = json.loads(next(line for line in LINES if line.startswith("CMD ")).removeprefix("CMD "))
    assert command[::2] == ["--set"]
    assert {each.partition("=")[0] for each in command[1::2]} <= read_properties(CONFIG / "config.properties").keys()


def test_every_option_of_the_command_is_an_argument_of_the_containerfile() -> None:
    command = [sys.executable, "-m", "deploy.container", "--help"]
    help_text = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    options = set(re.findall(r"--([a-z-]+) [A-Z]", help_text)) - {"tag"}
    arguments = {line.split()[1].partition("=")[0] for line in LINES if line.startswith("ARG ")}
    assert {option.upper().replace("-", "_") for option in options} == arguments


def test_pip_is_configured_as_on_this_machine(tmp_path: Path) -> None:
    index, wheels = tmp_path / "index" / "simple", tmp_path / "wheels"
    index.mkdir(parents=True)
    wheels.mkdir()
    settings = {"extra-index-url": f"file://{index} https://pip.example/simple", "find-links": f"{wheels}\n/missing"}
    assert local_paths(settings) == [tmp_path / "index", wheels]
    assert as_file(settings) == (
        f"[global]\nextra-index-url = file://{index} https://pip.example/simple\nfind-links = {wheels}\n    /missing\n"
    )


def test_without_podman_and_docker_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match="Neither podman nor docker is installed"):
        build_image("luke-qa", {})


Run = Callable[..., tuple[str, str]]


@pytest.fixture
def run(podman: Podman, image: str) -> Iterator[Run]:
    """Run the image as docs/deployment.md says; return the container's name and the address that it answers at."""
    names: list[str] = []

    def run(*options: str) -> tuple[str, str]:
        port, name = find_free_port(), f"luke-qa-test-{len(names)}"
        names.append(name)
        safe = ("--read-only", "--cap-drop=all", "--security-opt=no-new-privileges")
        podman.run("run", "--detach", "--name", name, *safe, "-p", f"127.0.0.1:{port}:8080", *options, image)
        return name, f"http://127.0.0.1:{port}"

    yield run
    for name in names:
        podman.run("rm", "--force", "--volumes", name, check=False)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_it_answers_within_its_limits_and_ends_clean(run: Run, podman: Podman) -> None:
    name, url = run("--cpus=1", "--memory=2g")
    wait_for(lambda: answers(url), 120)
    fetch = f"import urllib.request as r; print(r.urlopen({MODEL!r}).read().decode())"
    (model,) = json.loads(podman.run("exec", name, "python", "-c", fetch))
    assert (len(model["workers"]), model["customizedMetadata"]["threads"]) == (1, 1)
    assert "-Xmx512m" in podman.run("top", name, "args").split()
    assert podman.run("exec", name, "id", "-u") == "1000"
    podman.run("stop", "--time", "60", name)
    assert podman.inspect(name, "{{.State.ExitCode}}") == "0"


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_another_archive_may_be_mounted(run: Run, podman: Podman, tmp_path: Path) -> None:
    store = tmp_path / "model_store"
    store.mkdir()
    archive = store / f"{MODEL_NAME}.mar"
    build_archive(EMBEDDED, None, archive, model_config=read_model_config(Profile.CPU) | {"batchSize": 3})
    write_record(Record(Choice(), read_file(archive), {}), archive)
    for file in store.iterdir():
        file.chmod(0o644)
    name, url = run("--volume", f"{store}:/opt/luke-qa/model_store:ro")
    wait_for(lambda: answers(url), 120)
    fetch = f"import urllib.request as r; print(r.urlopen({MODEL!r}).read().decode())"
    (model,) = json.loads(podman.run("exec", name, "python", "-c", fetch))
    assert model["batchSize"] == 3


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_it_holds_what_serves_and_no_more(podman: Podman, base: str, image: str) -> None:
    def size(tag: str) -> int:
        return int(podman.inspect(tag, "{{.Size}}"))

    assert size(image) - size(base) < 1_100_000_000
    present = podman.run("run", "--rm", "--entrypoint", "sh", image, "-c", "ls; ls .venv/lib/python3*/site-packages")
    assert not {"pip", "pytest", "tests", "checkpoints", "training"} & set(present.split())
