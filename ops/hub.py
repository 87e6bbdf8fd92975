"""Fetch a checkpoint from the Hugging Face hub, whole or not at all: ``python -m ops.hub``.

huggingface_hub downloads into its own cache, where an interrupted download goes on the next time. What has arrived is
verified in a directory beside the output, which becomes the output by one rename. The first fetch writes a lock
(`ops.lockfile`), and every later one must give the same files.
"""

import argparse
import errno
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import requests
from huggingface_hub import HfApi, constants
from huggingface_hub.errors import (
    GatedRepoError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from luke_qa.checkpoint import (
    CONFIG_FILE,
    TOKENIZER_FILE,
    WEIGHTS_FILES,
    CheckpointError,
    load_weights,
    open_checkpoint,
)
from ops.layout import ROOT
from ops.lockfile import Lock, LockError, check_files, lock_path, read_lock, sha256, write_lock

CARD_REPO = "Mizuiro-sakura/luke-japanese-base-finetuned-QA"

REQUIRED_FILES = (CONFIG_FILE, TOKENIZER_FILE)
# Not needed to serve, but a checkpoint without them cannot be opened by transformers.
FURTHER_FILES = ("entity_vocab.json", "special_tokens_map.json", "tokenizer_config.json", "added_tokens.json")

LISTING_TIMEOUT = 30.0  # seconds
INTERRUPTED = 130  # the exit status of what Ctrl-C ended


class HubError(Exception):
    """The checkpoint could not be fetched; the message is one sentence saying why."""


def fetch(repo: str, revision: str, output: Path) -> bool:
    """Put the checkpoint ``repo`` of the hub at ``output``, with its lock beside it.

    Returns:
        Whether anything was fetched: False where the locked files are there already, which takes no network.

    Raises:
        HubError, LockError, CheckpointError: it cannot be had, is not what the lock says, or could not be served.
            Nothing is left at ``output`` then.
    """
    lock = _lock_for(repo, revision, output)
    if output.exists():
        if lock is None:
            raise HubError(f"{output} is there, but no {lock_path(output)} beside it: delete it to fetch another.")
        check_files(output, lock)
        return False
    wanted = lock.commit if lock else revision
    with _as_one_sentence(repo, wanted):
        constants.HF_HUB_DISABLE_XET = True  # plain HTTP resumes within a file; xet begins it again
        commit, stated = _list_files(repo, wanted)
        digests = lock.files if lock else stated
        sources = {name: _download(repo, commit, name, digest) for name, digest in digests.items()}
        fetched = lock or Lock(repo, revision, commit, {name: sha256(file) for name, file in sources.items()})
        _place(sources, fetched, output)
    return True


def _lock_for(repo: str, revision: str, output: Path) -> Lock | None:
    lock = read_lock(lock_path(output))
    if lock is None:
        return None
    if repo != lock.repo or revision not in (lock.revision, lock.commit):
        raise HubError(
            f"{lock_path(output)} locks {lock.repo} at {lock.revision} (commit {lock.commit}), "
            f"not {repo} at {revision}: delete it and {output} to move on."
        )
    return lock


def _list_files(repo: str, revision: str) -> tuple[str, dict[str, str | None]]:
    """The commit that ``revision`` is now, and the layout's files in it, with the SHA-256 where the hub states it."""
    info = HfApi().model_info(repo, revision=revision, files_metadata=True, timeout=LISTING_TIMEOUT)
    stated = {file.rfilename: file.lfs.sha256 if file.lfs else None for file in info.siblings or ()}
    if info.sha is None:
        raise HubError(f"{constants.ENDPOINT} does not say which commit {revision} of {repo} is.")
    return info.sha, {name: stated[name] for name in _layout(repo, stated)}


def _layout(repo: str, names: Collection[str]) -> list[str]:
    for name in REQUIRED_FILES:
        if name not in names:
            raise HubError(f"{repo} has no {name}, so it is no LUKE checkpoint of this layout.")
    weights = next((name for name in WEIGHTS_FILES if name in names), None)
    if weights is None:
        raise HubError(f"{repo} has no weights: neither {' nor '.join(WEIGHTS_FILES)} is there.")
    return [*REQUIRED_FILES, *(name for name in FURTHER_FILES if name in names), weights]


def _download(repo: str, commit: str, name: str, digest: str | None) -> Path:
    """The file in huggingface_hub's cache, downloaded if need be, with the SHA-256 ``digest`` if one is known."""
    for anew in (False, True):  # a copy in the cache may be damaged, so a wrong one is fetched again, once
        file = Path(HfApi().hf_hub_download(repo, name, revision=commit, force_download=anew))
        if digest is None or sha256(file) == digest:
            return file
    raise HubError(f"{name} of {repo} at commit {commit} has another SHA-256 than it must have ({digest}).")


def _place(sources: Mapping[str, Path], lock: Lock, output: Path) -> None:
    """Verify a copy of the files, then write the lock and let the copy become ``output``."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{output.name}-", dir=output.parent) as scratch:
        content = Path(scratch) / "content"  # the scratch directory itself is closed to other users
        content.mkdir()
        for name, file in sources.items():
            shutil.copyfile(file, content / name)  # no link: who edits the checkpoint must not edit the cache
        try:
            load_weights(open_checkpoint(content))
        except CheckpointError as error:
            raise CheckpointError(str(error).replace(str(content), lock.repo)) from error
        was_locked = lock_path(output).exists()
        try:
            # The lock comes first: a lock alone is harmless, a checkpoint alone would not be known again.
            if not was_locked:
                write_lock(lock, Path(scratch) / "lock.json")
                (Path(scratch) / "lock.json").replace(lock_path(output))
            content.rename(output)
        except BaseException:
            if not was_locked:
                lock_path(output).unlink(missing_ok=True)
            raise


@contextmanager
def _as_one_sentence(repo: str, revision: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # all of huggingface_hub's and requests' errors are one of these
        raise HubError(_reason(error, repo, revision)) from error


def _reason(error: BaseException, repo: str, revision: str) -> str:
    # huggingface_hub wraps what stopped it in a ValueError that tells less.
    while isinstance(error, ValueError) and error.__cause__ is not None:
        error = error.__cause__
    hub = constants.ENDPOINT
    match error:
        case HFValidationError():
            return f"{repo!r} is not the name of a repository, such as {CARD_REPO}."
        case GatedRepoError():
            return f"{repo} is gated: ask for access at {hub}/{repo} and set HF_TOKEN."
        case RepositoryNotFoundError() | requests.HTTPError(response=requests.Response(status_code=401)):
            return f"{hub} has no repository {repo}, or it is private and needs a valid HF_TOKEN."
        case RevisionNotFoundError():
            return f"{repo} has no revision {revision}."
        case requests.HTTPError(response=requests.Response() as response):
            return f"{hub} answered {response.status_code} {response.reason} when asked for {repo}."
        case OfflineModeIsEnabled():
            return f"{repo} cannot be fetched while HF_HUB_OFFLINE is set."
        case requests.RequestException():
            kind = type(error).__name__
            return f"{hub} cannot be reached, or broke off ({kind}): run it again, and it goes on where it stopped."
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return f"the disk is full: {repo} needs room in {constants.HF_HUB_CACHE} and in the output's directory."
        case OSError(strerror=str(problem)):
            return f"{error.filename}: {problem}."
    first_line, *_ = str(error).split("\n")
    return f"{repo} did not arrive whole ({first_line})."


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ops.hub", description=__doc__)
    parser.add_argument("--repo", default=CARD_REPO)
    parser.add_argument("--revision", default="main", help="branch, tag or commit; what it is goes into the lock")
    parser.add_argument("--output", type=Path, help="default: checkpoints/<repo name>")
    given = parser.parse_args(arguments)
    checkpoints = Path(os.path.relpath(ROOT / "checkpoints"))
    output: Path = given.output or checkpoints / given.repo.rpartition("/")[2]
    try:
        fetched = fetch(given.repo, given.revision, output)
    except (HubError, LockError, CheckpointError) as error:
        print(f"Nothing was fetched: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted: run it again, and it goes on where it stopped.", file=sys.stderr)
        return INTERRUPTED
    if fetched:
        print(f"Fetched {given.repo} as {output}; {lock_path(output)} holds its commit and every file's SHA-256.")
    else:
        print(f"{output} is there already, and every file is as {lock_path(output)} says.")
    return 0


if __name__ == "__main__":
    for ending in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(ending) is not signal.SIG_IGN:  # as under nohup
            signal.signal(ending, signal.default_int_handler)  # tidy up as after Ctrl-C
    sys.exit(main())
