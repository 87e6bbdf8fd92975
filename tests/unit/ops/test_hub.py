import errno
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from huggingface_hub.utils._http import reset_sessions
from safetensors.torch import load

from luke_qa.checkpoint import load_weights, open_checkpoint
from ops.__main__ import main as ops
from ops.errors import INTERRUPTED
from ops.hub import CARD_REPO
from ops.layout import ROOT
from ops.lockfile import locked_repo
from ops.verbs import fetch
from tests.unit.ops.hub_stub import HubStub, Repo

REPO = "someone/tiny-luke"
WEIGHTS = "model.safetensors"


@pytest.fixture(scope="module")
def files(checkpoint: Path) -> dict[str, bytes]:
    """The tiny checkpoint, with what else lies in a repository."""
    saved = {file.name: file.read_bytes() for file in checkpoint.iterdir()}
    return saved | {"README.md": b"# Tiny", "pytorch_model.bin": b"a pickle that nobody needs"}


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubStub]:
    """The hub that huggingface_hub talks to, with an empty cache on this side."""
    stub = HubStub()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr(constants, "ENDPOINT", stub.url)
    template = f"{stub.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr("huggingface_hub.file_download.HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", False)
    yield stub
    reset_sessions()
    stub.close()


@pytest.fixture
def repo(stub: HubStub, files: dict[str, bytes]) -> Repo:
    """The repository ``REPO``, with one commit of ``files``."""
    repo = stub.repos.setdefault(REPO, Repo())
    repo.commit(files)
    return repo


@pytest.fixture
def checkpoints(tmp_path: Path) -> Path:
    directory = tmp_path / "checkpoints"
    directory.mkdir()
    return directory


@pytest.fixture
def output(checkpoints: Path) -> Path:
    return checkpoints / "tiny-luke"


@pytest.fixture
def model(output: Path) -> Callable[..., int]:
    """`make model`, by its exit status."""

    def run(repo: str = REPO, revision: str = "main") -> int:
        return ops(["fetch", "--repo", repo, "--revision", revision, "--output", str(output)])

    return run


@pytest.fixture
def refused(model: Callable[..., int], checkpoints: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """`make model` as it fails: the one sentence it leaves, and nothing but what was there before."""

    def run(**request: str) -> str:
        before = sorted(checkpoints.rglob("*"))
        capsys.readouterr()
        assert model(**request) == 1
        assert sorted(checkpoints.rglob("*")) == before
        lines = capsys.readouterr().err.splitlines()
        # huggingface_hub's progress may lie above it
        assert lines[-1].startswith("Nothing was fetched: ")
        assert lines[-1].endswith(".")
        return lines[-1]

    return run


def lock_of(output: Path) -> dict[str, object]:
    lock: dict[str, object] = json.loads(output.with_name(f"{output.name}.lock.json").read_text("utf-8"))
    return lock


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def forget_downloads() -> None:
    shutil.rmtree(constants.HF_HUB_CACHE)


def test_the_first_fetch_brings_the_files_of_the_layout_and_no_others(
    repo: Repo, files: dict[str, bytes], model: Callable[..., int], output: Path
) -> None:
    assert model() == 0
    placed = {file.name: file.read_bytes() for file in output.iterdir()}
    assert placed == {name: files[name] for name in files if name not in ("README.md", "pytorch_model.bin")}
    assert not any(file.is_symlink() for file in output.iterdir())
    assert load_weights(open_checkpoint(output))


def test_the_first_fetch_locks_the_commit_and_every_file(
    repo: Repo, files: dict[str, bytes], model: Callable[..., int], output: Path
) -> None:
    assert model() == 0
    assert lock_of(output) == {
        "repo": REPO,
        "revision": "main",
        "commit": repo.branches["main"],
        "files": {file.name: sha256(files[file.name]) for file in output.iterdir()},
    }
    assert sorted(output.parent.iterdir()) == [output, output.with_name("tiny-luke.lock.json")]


def test_a_second_fetch_does_nothing_and_needs_no_network(
    repo: Repo, stub: HubStub, model: Callable[..., int], output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert model() == 0
    stub.asked.clear()
    before = {file.name: file.stat().st_ino for file in output.iterdir()}
    assert model() == 0
    assert stub.asked == []
    assert {file.name: file.stat().st_ino for file in output.iterdir()} == before
    assert "already there" in capsys.readouterr().out


def test_a_later_fetch_gets_the_locked_commit_whatever_main_is_by_then(
    repo: Repo, files: dict[str, bytes], model: Callable[..., int], output: Path
) -> None:
    assert model() == 0
    lock = lock_of(output)
    repo.commit(files | {"config.json": files["config.json"] + b"\n"})
    shutil.rmtree(output)
    forget_downloads()
    assert model() == 0
    assert (output / "config.json").read_bytes() == files["config.json"]
    assert lock_of(output) == lock


@pytest.mark.parametrize("name", ["config.json", WEIGHTS])
def test_a_file_that_changed_upstream_is_refused_by_name(
    name: str, repo: Repo, files: dict[str, bytes], model: Callable[..., int], refused: Callable[..., str], output: Path
) -> None:
    assert model() == 0
    shutil.rmtree(output)
    forget_downloads()
    repo.commits[repo.branches["main"]][name] = files[name] + b" "
    sentence = refused()
    assert f"{name} of {REPO}" in sentence
    assert sha256(files[name]) in sentence


def test_a_file_that_was_edited_is_refused_by_name_and_kept(
    repo: Repo, model: Callable[..., int], refused: Callable[..., str], output: Path
) -> None:
    assert model() == 0
    (output / "config.json").write_text("{}")
    assert f"{output / 'config.json'} does not match its SHA-256" in refused()
    assert (output / "config.json").read_text() == "{}"
    (output / "config.json").unlink()
    assert f"{output / 'config.json'} is missing" in refused()


def test_editing_the_checkpoint_leaves_the_cache_as_it_was(repo: Repo, model: Callable[..., int], output: Path) -> None:
    assert model() == 0
    with (output / "config.json").open("a") as file:
        file.write(" ")
    shutil.rmtree(output)
    assert model() == 0


def test_a_damaged_copy_in_the_cache_is_downloaded_again(
    repo: Repo, files: dict[str, bytes], model: Callable[..., int], output: Path
) -> None:
    assert model() == 0
    shutil.rmtree(output)
    cached = next(Path(constants.HF_HUB_CACHE).rglob(WEIGHTS)).resolve()
    cached.write_bytes(bytes(len(files[WEIGHTS])))
    assert model() == 0
    assert (output / WEIGHTS).read_bytes() == files[WEIGHTS]


def test_another_revision_or_repository_than_the_locked_one_is_refused(
    repo: Repo, model: Callable[..., int], refused: Callable[..., str], output: Path
) -> None:
    assert model() == 0
    for sentence in (refused(revision="v2"), refused(repo="someone/else")):
        assert f"{output}.lock.json" in sentence
        assert f"delete it and {output} to fetch another version" in sentence
    assert model(revision=repo.branches["main"]) == 0  # the locked commit by its own name


def test_who_deletes_lock_and_checkpoint_moves_on(
    repo: Repo, files: dict[str, bytes], model: Callable[..., int], output: Path
) -> None:
    assert model() == 0
    output.with_name("tiny-luke.lock.json").unlink()
    shutil.rmtree(output)
    moved = repo.commit(files | {"tokenizer_config.json": b"{ }"})
    assert model(revision=moved) == 0
    assert lock_of(output)["commit"] == moved


def test_a_directory_without_a_lock_is_nobody_elses_to_overwrite(
    repo: Repo, refused: Callable[..., str], output: Path
) -> None:
    output.mkdir()
    (output / WEIGHTS).write_text("trained for a week")
    assert f"there is no {output}.lock.json" in refused()


@pytest.mark.parametrize(
    "content", ["", "[]", '{"repo": "a/b"}', '{"repo":"a","revision":"b","commit":"c","files":{"../d":"e"}}']
)
def test_a_lock_that_is_none_is_refused(content: str, repo: Repo, refused: Callable[..., str], output: Path) -> None:
    output.with_name("tiny-luke.lock.json").write_text(content)
    assert f"{output}.lock.json is not a lock file" in refused()


def test_a_pickle_is_fetched_where_there_is_no_safetensors(
    stub: HubStub, files: dict[str, bytes], model: Callable[..., int], output: Path
) -> None:
    pickle = io.BytesIO()
    torch.save(load(files[WEIGHTS]), pickle)
    rest = {name: content for name, content in files.items() if name != WEIGHTS}
    stub.repos[REPO] = Repo()
    stub.repos[REPO].commit(rest | {"pytorch_model.bin": pickle.getvalue()})
    assert model() == 0
    assert (output / "pytorch_model.bin").is_file()
    assert load_weights(open_checkpoint(output))


def test_truncated_weights_are_refused(repo: Repo, files: dict[str, bytes], refused: Callable[..., str]) -> None:
    repo.commit(files | {WEIGHTS: files[WEIGHTS][:-100]})
    assert f"{REPO}/{WEIGHTS} is not a safetensors file, or is truncated" in refused()


def test_a_vocabulary_of_another_size_is_refused(
    repo: Repo, files: dict[str, bytes], refused: Callable[..., str]
) -> None:
    config = json.loads(files["config.json"])
    repo.commit(files | {"config.json": json.dumps(config | {"vocab_size": 32772}).encode()})
    assert f"{REPO}/sentencepiece.bpe.model has" in refused()


@pytest.mark.parametrize("missing", [("sentencepiece.bpe.model",), ("config.json",), (WEIGHTS, "pytorch_model.bin")])
def test_a_repository_of_another_layout_is_refused_before_anything_is_downloaded(
    missing: tuple[str, ...], repo: Repo, files: dict[str, bytes], refused: Callable[..., str], stub: HubStub
) -> None:
    repo.commit({name: content for name, content in files.items() if name not in missing})
    assert all(name in refused() for name in missing)
    assert not any("/resolve/" in asked.path for asked in stub.asked)


def test_a_hub_that_is_down_is_one_sentence(stub: HubStub, refused: Callable[..., str]) -> None:
    stub.close()
    assert f"{stub.url} cannot be reached" in refused()


def test_offline_mode_is_one_sentence(
    stub: HubStub, refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    reset_sessions()
    assert "while HF_HUB_OFFLINE is set" in refused()


@pytest.mark.parametrize(
    "answer", [(401, "Invalid username or password.", ""), (404, "Repository not found", "RepoNotFound")]
)
def test_an_unknown_repository_is_one_sentence(
    answer: tuple[int, str, str], stub: HubStub, refused: Callable[..., str]
) -> None:
    stub.stranger = answer
    assert "has no repository no/body" in refused(repo="no/body")


def test_a_hub_that_is_out_of_order_is_one_sentence(stub: HubStub, refused: Callable[..., str]) -> None:
    stub.stranger = (503, "Try later", "")
    assert f"{stub.url} answered 503 Service Unavailable" in refused()


def test_what_is_no_repository_name_is_one_sentence(stub: HubStub, refused: Callable[..., str]) -> None:
    assert "'a/b/c' is not the name of a repository" in refused(repo="a/b/c")
    assert stub.asked == []


def test_an_unknown_revision_is_one_sentence(repo: Repo, refused: Callable[..., str]) -> None:
    assert f"{REPO} has no revision v9" in refused(revision="v9")


def test_a_locked_commit_that_is_gone_is_one_sentence(
    repo: Repo, model: Callable[..., int], refused: Callable[..., str], output: Path
) -> None:
    assert model() == 0
    shutil.rmtree(output)
    commit = repo.branches["main"]
    repo.commits.clear()
    assert f"{REPO} has no revision {commit}" in refused()


def test_a_gated_repository_is_one_sentence(repo: Repo, refused: Callable[..., str]) -> None:
    repo.gated = True
    assert f"{REPO} is gated" in refused()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
def test_a_disk_that_takes_no_more_is_one_sentence(
    code: int, repo: Repo, refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(source: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(code, os.strerror(code), str(target))

    monkeypatch.setattr(shutil, "copyfile", fail)
    assert ("the disk is full" if code == errno.ENOSPC else "Permission denied") in refused()


def test_a_download_that_broke_off_goes_on_where_it_stopped(
    repo: Repo,
    files: dict[str, bytes],
    stub: HubStub,
    model: Callable[..., int],
    refused: Callable[..., str],
    output: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1024)
    stub.cut[WEIGHTS] = 2500
    assert "run it again to resume" in refused()
    assert model() == 0
    assert stub.ranges() == {"bytes=2048-"}
    assert (output / WEIGHTS).read_bytes() == files[WEIGHTS]


def test_the_command_can_be_ended_and_run_again(
    repo: Repo, stub: HubStub, tmp_path: Path, checkpoints: Path, output: Path
) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HF_")},
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "handler")]),
        "HF_ENDPOINT": stub.url,
        "HF_HOME": str(tmp_path / "home"),
        "HF_HUB_DOWNLOAD_TIMEOUT": "600",  # the stall outlasts the test
    }
    command = [sys.executable, "-m", "ops", "fetch", "--repo", REPO, "--output", str(output)]
    stub.stall[WEIGHTS] = 1000
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert stub.stalled.wait(240)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=240)
    assert process.returncode == INTERRUPTED
    assert errors.splitlines()[-1].startswith("Interrupted: ")
    assert "Traceback" not in errors
    assert list(checkpoints.iterdir()) == []
    again = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith(f"Fetched {REPO} as {output}")
    assert locked_repo(output) == REPO


def test_the_cards_checkpoint_goes_to_checkpoints_by_default(
    stub: HubStub, files: dict[str, bytes], checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.repos[CARD_REPO] = Repo()
    stub.repos[CARD_REPO].commit(files)
    monkeypatch.setattr(fetch, "ROOT", checkpoints.parent)
    assert ops(["fetch"]) == 0
    assert locked_repo(checkpoints / "luke-japanese-base-finetuned-QA") == CARD_REPO


def test_a_checkpoint_knows_its_repository_while_its_files_are_the_locked_ones(
    repo: Repo, model: Callable[..., int], output: Path, tmp_path: Path
) -> None:
    assert locked_repo(output) is None
    assert model() == 0
    assert locked_repo(output) == REPO
    (tmp_path / "link").symlink_to(output)
    assert locked_repo(tmp_path / "link") == REPO
    with (output / WEIGHTS).open("ab") as weights:
        weights.write(b" ")
    assert locked_repo(output) is None


def test_a_damaged_lock_says_nothing_about_the_repository(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own.lock.json").write_text("{")
    assert locked_repo(tmp_path / "own") is None
