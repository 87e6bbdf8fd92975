"""Another version is put into service under load, and nobody loses an answer."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from ops.archive import archive_version, build_archive
from ops.instance import Instance, free_ports
from ops.layout import MODEL_NAME
from ops.profiles import Profile, read_model_config
from ops.server import make_instance, start, stop
from ops.upgrade import ModelApi, UpgradeError, replace_version
from ops.verbs import upgrade
from tests.support.checkpoints import EMBEDDED
from tests.support.scenarios import CONTEXT, QUESTION

PAUSE = 0.05  # seconds between two questions of a caller


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model store with three versions; the last one does not start."""
    directory = tmp_path_factory.mktemp("store")
    for name, handler in (("first", {}), ("second", {"max_answer_len": 29}), ("broken", {"max_seq_len": 4096})):
        config: dict[str, Any] = read_model_config(Profile.AUTO) | {"minWorkers": 1, "maxWorkers": 1}
        config["handler"] = {**config["handler"], **handler}
        build_archive(EMBEDDED, None, directory / f"{name}.mar", model_config=config)
    return directory


@pytest.fixture
def upgradable(store: Path, tmp_path: Path) -> Iterator[Instance]:
    instance = make_instance(tmp_path / "home", {**free_ports(), "enable_model_api": "true"})
    start(instance, store / "first.mar", tmp_path / "logs")
    yield instance
    stop(instance)


@contextmanager
def asking(instance: Instance, callers: int = 4) -> Iterator[list[tuple[int, str]]]:
    """Ask from several threads while the block runs: the status and the answer of every question.

    They pause, so that the cores are there for the version that starts; a question is under way nearly always.
    """
    outcomes, done = list[tuple[int, str]](), threading.Event()

    def ask() -> None:
        with requests.Session() as session:
            while not done.is_set():
                body = {"question": QUESTION, "context": CONTEXT}
                url = f"{instance.inference_url}/predictions/{MODEL_NAME}"
                reply = session.post(url, json=body, timeout=60)
                outcomes.append((reply.status_code, reply.json().get("answer", reply.text)))
                done.wait(PAUSE)

    threads = [threading.Thread(target=ask) for _ in range(callers)]
    for thread in threads:
        thread.start()
    try:
        yield outcomes
    finally:
        done.set()
        for thread in threads:
            thread.join()


def version(instance: Instance) -> str:
    described = requests.get(f"{instance.management_url}/models/{MODEL_NAME}", timeout=10).json()
    return str(described[0]["modelVersion"])


def test_an_upgrade_a_broken_one_and_a_rollback_lose_no_answer(
    upgradable: Instance, store: Path, tmp_path: Path
) -> None:
    first, second = (archive_version(store / f"{name}.mar") for name in ("first", "second"))
    assert version(upgradable) == first != second
    kept = list[list[str]]()  # what was loaded, and which of it served, when the archive was to be kept

    def keep() -> None:
        kept.append([version(upgradable), *sorted(ModelApi(upgradable).versions())])

    with asking(upgradable) as outcomes:
        assert replace_version(upgradable, store / "second.mar", tmp_path / "logs", keep) == second
        assert version(upgradable) == second
        with pytest.raises(UpgradeError, match=r"does not start: .*max_seq_len is 4096"):
            replace_version(upgradable, store / "broken.mar", tmp_path / "logs", keep)
        assert version(upgradable) == second
        with pytest.raises(UpgradeError, match="already in service"):
            replace_version(upgradable, store / "second.mar", tmp_path / "logs", keep)
        assert replace_version(upgradable, store / "first.mar", tmp_path / "logs", keep) == first
    assert version(upgradable) == first
    both = sorted((first, second))
    assert kept == [[second, *both], [first, *both]]
    assert ModelApi(upgradable).versions() == {first}
    assert len(outcomes) > 20
    assert set(outcomes) == {(200, "苺")}
    metrics = requests.get(f"{upgradable.control_url}/metrics", timeout=10).text
    assert "\nluke_qa_worker_restarts_total 0.0\n" in metrics  # workers that were replaced did not fail


@pytest.fixture
def packaged(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What `make upgrade` packages; it takes minutes."""
    calls = list[object]()
    monkeypatch.setattr(upgrade, "ensure_archive", lambda *asked: calls.append(asked))
    return calls


def test_a_server_without_the_model_api_says_how_to_get_it(
    server: Instance, archive: Path, store: Path, packaged: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UpgradeError, match="MODEL_API=on"):
        replace_version(server, store / "second.mar", archive.parent)
    monkeypatch.setattr(upgrade, "running_instance", lambda: server)
    with pytest.raises(UpgradeError, match="MODEL_API=on"):
        upgrade.main([])
    assert not packaged


def test_a_server_that_does_not_run_cannot_be_upgraded(
    store: Path, tmp_path: Path, packaged: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = make_instance(tmp_path, free_ports())
    with pytest.raises(UpgradeError, match="not running"):
        replace_version(nobody, store / "second.mar", tmp_path)
    monkeypatch.setattr(upgrade, "running_instance", lambda: nobody)
    with pytest.raises(UpgradeError, match="not running"):
        upgrade.main([])
    assert not packaged
