"""A server's addresses, process and keys."""

import json
import os
import re
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
import yaml
from requests import Response

from ops.instance import Instance, PropertyError, read_properties, write_properties
from ops.layout import CONFIG
from ops.server import make_instance


def test_the_default_profile_listens_on_loopback_only() -> None:
    instance = make_instance()
    assert sorted(instance.ports()) == [("127.0.0.1", port) for port in (7070, 7071, 8079, 8080, 8081, 8082)]
    assert not instance.needs_token


def test_properties_are_read_as_they_are_written(tmp_path: Path) -> None:
    properties = read_properties(CONFIG / "config.properties")
    write_properties(properties, tmp_path / "copy")
    assert read_properties(tmp_path / "copy") == properties


def test_configuration_files_are_found_from_the_home_it_runs_in(tmp_path: Path) -> None:
    instance = make_instance(tmp_path)
    assert (tmp_path / instance.properties["metrics_config"]).resolve() == CONFIG / "metrics.yaml"
    assert " " not in instance.properties["vmargs"].rpartition("-Dlog4j.configurationFile=")[2]


def test_what_is_given_replaces_the_default_and_paths_are_changed_once(tmp_path: Path) -> None:
    once = make_instance(tmp_path, {"drain_timeout": "7"})
    assert once.drain_timeout == 7
    assert make_instance(tmp_path, once.properties) == once


@pytest.mark.parametrize("address", ["", "8080", "127.0.0.1:8080", "http://127.0.0.1", "http://127.0.0.1:port"])
def test_an_address_that_cannot_be_read_is_named(tmp_path: Path, address: str) -> None:
    with pytest.raises(
        PropertyError, match=r"config\.properties: metrics_address must be like http://127\.0\.0\.1:8080"
    ):
        make_instance(tmp_path, {"metrics_address": address}).taken_ports()


def test_a_port_on_which_something_listens_is_taken(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        properties = {**make_instance().properties, "inference_address": f"http://127.0.0.1:{port}"}
        assert port in Instance(tmp_path, properties).taken_ports()


def test_a_stale_process_id_is_nobodys_server(tmp_path: Path) -> None:
    instance = make_instance(tmp_path)
    instance.pid_file.parent.mkdir()
    for content in (str(os.getpid()), "99999999", "", "not a number"):
        instance.pid_file.write_text(content)
        assert instance.process() is None


def test_the_key_goes_into_the_header_only_where_tokens_are_on(tmp_path: Path) -> None:
    (tmp_path / "key_file.json").write_text(json.dumps({"management": {"key": "abcd1234"}}))
    instance = make_instance(tmp_path)
    guarded = Instance(tmp_path, {**instance.properties, "disable_token_authorization": "false"})
    assert instance.headers("management") == {}
    assert guarded.headers("management") == {"Authorization": "Bearer abcd1234"}
    assert guarded.headers("inference") == {}


@pytest.mark.parametrize("left", [timedelta(hours=-1), timedelta(seconds=20)], ids=["ended", "ends soon"])
def test_a_key_is_exchanged_before_it_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: timedelta) -> None:
    def write(key: str, ends: str) -> None:
        keys = {"inference": {"key": key, "expiration time": ends}, "API": {"key": "api"}}
        (tmp_path / "key_file.json").write_text(json.dumps(keys))

    def renew(url: str, *, params: dict[str, str], headers: dict[str, str], timeout: float) -> Response:
        assert (params, headers) == ({"type": "inference"}, {"Authorization": "Bearer api"})
        write("new", "2999-01-01T00:00:00.123456789Z")
        response = Response()
        response.status_code = 200
        return response

    monkeypatch.setattr(requests, "get", renew)
    guarded = Instance(tmp_path, {**make_instance(tmp_path).properties, "disable_token_authorization": "false"})
    write("valid", "2999-01-01T00:00:00Z")
    assert guarded.headers("inference") == {"Authorization": "Bearer valid"}
    write("old", f"{datetime.now(UTC) + left:%Y-%m-%dT%H:%M:%S.123456789Z}")
    assert guarded.headers("inference") == {"Authorization": "Bearer new"}
    assert guarded.headers("API") == {"Authorization": "Bearer api"}


def test_a_full_queue_of_the_largest_requests_fits_into_the_heap_twice() -> None:
    properties = read_properties(CONFIG / "config.properties")
    queue = yaml.safe_load((CONFIG / "model-config.yaml").read_text("utf-8"))["jobQueueSize"]
    (heap,) = re.findall(r"-Xmx(\d+)g", properties["vmargs"])
    assert 2 * queue * int(properties["max_request_size"]) < int(heap) * 2**30
