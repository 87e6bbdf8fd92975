"""What production allows, and which profile a server that runs has."""

import os
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from ops.instance import Instance, PropertyError
from ops.layout import ROOT
from ops.production import check_profile, open_addresses, profile
from ops.server import ServerError, make_instance
from ops.switches import properties_of
from ops.verbs import start
from ops.verbs.start import _check_running, _switches

ADDRESSES = {
    "inference_address": "http://0.0.0.0:8080",
    "management_address": "http://192.0.2.1:8081",
    "metrics_address": "http://[::]:8082",
    "control_address": "http://example.org:8079",
    "grpc_inference_address": "0.0.0.0",
    "grpc_management_address": "::",
}


def production(home: Path, **properties: str) -> Instance:
    return make_instance(home, {"production": "true", **properties})


def given(auth: str | None = None, model_api: str | None = None, production: str | None = None) -> Namespace:
    return Namespace(auth=auth, model_api=model_api, production=production)


def test_the_default_is_dev_and_everything_is_allowed_there(tmp_path: Path) -> None:
    assert not make_instance(tmp_path).is_production
    check_profile(make_instance(tmp_path, {**ADDRESSES, "allowed_urls": ".*"}))


def test_as_shipped_production_is_inside_and_can_be_upgraded(tmp_path: Path) -> None:
    instance = production(tmp_path)
    check_profile(instance)
    assert list(open_addresses(instance)) == []
    assert instance.properties["enable_model_api"] == "true"
    assert production(tmp_path, enable_model_api="false").properties["enable_model_api"] == "false"
    assert make_instance(tmp_path).properties["enable_model_api"] == "false"


@pytest.mark.parametrize("name", ADDRESSES)
def test_no_address_may_be_open_to_a_network(tmp_path: Path, name: str) -> None:
    instance = production(tmp_path, **{name: ADDRESSES[name]})
    assert list(open_addresses(instance)) == [name]
    with pytest.raises(PropertyError, match=f"{name}=.* is open to a network: give it a loopback address"):
        check_profile(instance)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2", "[::1]"])
def test_loopback_has_several_names(tmp_path: Path, host: str) -> None:
    check_profile(production(tmp_path, inference_address=f"http://{host}:8080"))


@pytest.mark.parametrize(
    ("name", "value"), [("allowed_urls", "https://.*"), ("allowed_urls", ".*"), ("enable_envvars_config", "true")]
)
def test_nothing_is_fetched_and_nothing_changes_what_was_checked(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(PropertyError, match=f"production=true needs {name}="):
        check_profile(production(tmp_path, **{name: value}))


def test_the_switch_is_true_or_false(tmp_path: Path) -> None:
    with pytest.raises(PropertyError, match="production must be true or false, not 'yes'"):
        check_profile(make_instance(tmp_path, {"production": "yes"}))


def test_serve_refuses_before_it_starts_anything(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ops", "serve", "--home", str(tmp_path / "home")]
    command += ["--set", "production=true", "--set", "metrics_address=http://0.0.0.0:1"]
    paths = os.pathsep.join(str(ROOT / part) for part in (".", "handler", "client/src"))
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("production=true, but metrics_address=http://0.0.0.0:1 is open to a network")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "home").exists()


def test_a_switch_that_is_not_given_leaves_the_file_as_it_is() -> None:
    assert _switches(given(auth="", model_api=None)) == {}
    assert _switches(given("on", "off", "on")) == {"AUTH": True, "MODEL_API": False, "PRODUCTION": True}


def test_a_server_can_say_which_profile_it_runs_in(tmp_path: Path) -> None:
    assert profile(make_instance(tmp_path)).startswith("dev: ")
    assert profile(production(tmp_path)).startswith("production: ")


@pytest.mark.parametrize("switch", ["AUTH", "MODEL_API", "PRODUCTION"])
@pytest.mark.parametrize(("running", "asked"), [("on", "off"), ("off", "on")])
def test_a_server_that_runs_otherwise_is_not_the_one_that_was_asked_for(
    tmp_path: Path, switch: str, running: str, asked: str
) -> None:
    instance = make_instance(tmp_path, properties_of({switch: running == "on"}))
    with pytest.raises(ServerError, match=f"but not with {switch}={asked}: run `make stop` first"):
        _check_running(instance, {switch: asked == "on"}, stale=False, is_other=False)
    # The same and none at all go on to the next check.
    for same in ({switch: running == "on"}, {}):
        with pytest.raises(ServerError, match="older archive"):
            _check_running(instance, same, stale=True, is_other=False)
        with pytest.raises(ServerError, match="serves another checkpoint: run `make stop` first"):
            _check_running(instance, same, stale=True, is_other=True)


def test_an_archive_that_is_newer_than_the_server_says_nothing_about_its_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance, archive = make_instance(tmp_path), tmp_path / "luke-qa.mar"
    instance.temporary.mkdir()
    for moment, file in enumerate((instance.pid_file, archive)):
        file.touch()
        os.utime(file, (moment, moment))
    monkeypatch.setattr(start, "ARCHIVE", archive)
    with pytest.raises(ServerError, match="older archive"):
        _check_running(instance, {}, stale=False, is_other=True)
