"""Fetch a checkpoint from the Hugging Face Hub, completely or not at all.

huggingface_hub downloads into its own cache, where the next run resumes an interrupted download. The files are verified
in a directory next to the output, which is then renamed to become the output. The first fetch writes a lock
(``ops.lockfile``); later fetches must give the same files.
"""

import errno
import shutil
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
from ops.errors import OpsError
from ops.lockfile import Lock, check_files, lock_path, read_lock, sha256, write_lock

CARD_REPO = "Mizuiro-sakura/luke-japanese-base-finetuned-QA"

REQUIRED_FILES = (CONFIG_FILE, TOKENIZER_FILE)
# Serving does not need them, but transformers cannot open a checkpoint without them.
FURTHER_FILES = ("entity_vocab.json", "special_tokens_map.json", "tokenizer_config.json", "added_tokens.json")

LISTING_TIMEOUT = 30.0  # seconds


class HubError(OpsError):
    """The checkpoint could not be fetched."""


def fetch(repo: str, revision: str, output: Path) -> bool:
    """Fetch the checkpoint ``repo`` to ``output``, and write its lock next to it.

    Returns:
        Whether anything was fetched: False if the locked files are already there, which needs no network.

    Raises:
        HubError, LockError, CheckpointError: it cannot be fetched, does not match its lock, or could not be served.
            Nothing is left at ``output``.
    """
    lock = _lock_for(repo, revision, output)
    if output.exists():
        if lock is None:
            raise HubError(f"{output} exists, but there is no {lock_path(output)}: delete {output} to fetch it again.")
        check_files(output, lock)
        return False
    wanted = lock.commit if lock else revision
    with _as_one_sentence(repo, wanted):
        constants.HF_HUB_DISABLE_XET = True  # plain HTTP resumes within a file; xet starts again
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
            f"not {repo} at {revision}: delete it and {output} to fetch another version."
        )
    return lock


def _list_files(repo: str, revision: str) -> tuple[str, dict[str, str | None]]:
    """The commit that ``revision`` resolves to, and the SHA-256 of each file to fetch (None: the hub does not say)."""
    info = HfApi().model_info(repo, revision=revision, files_metadata=True, timeout=LISTING_TIMEOUT)
    stated = {file.rfilename: file.lfs.sha256 if file.lfs else None for file in info.siblings or ()}
    if info.sha is None:
        raise HubError(f"{constants.ENDPOINT} did not resolve {revision} of {repo} to a commit.")
    return info.sha, {name: stated[name] for name in _layout(repo, stated)}


def _layout(repo: str, names: Collection[str]) -> list[str]:
    for name in REQUIRED_FILES:
        if name not in names:
            raise HubError(f"{repo} has no {name}: it is not a LUKE checkpoint of the expected layout.")
    weights = next((name for name in WEIGHTS_FILES if name in names), None)
    if weights is None:
        raise HubError(f"{repo} has no weights: it has neither {' nor '.join(WEIGHTS_FILES)}.")
    return [*REQUIRED_FILES, *(name for name in FURTHER_FILES if name in names), weights]


def _download(repo: str, commit: str, name: str, digest: str | None) -> Path:
    """Download a file into huggingface_hub's cache, unless it is there, and verify its SHA-256 if it is known."""
    for again in (False, True):  # a cached copy may be damaged: download it again, once
        file = Path(HfApi().hf_hub_download(repo, name, revision=commit, force_download=again))
        if digest is None or sha256(file) == digest:
            return file
    raise HubError(f"{name} of {repo} at commit {commit} does not match its SHA-256, {digest}.")


def _place(sources: Mapping[str, Path], lock: Lock, output: Path) -> None:
    """Verify a copy of the files, write the lock, and rename the copy to ``output``."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{output.name}-", dir=output.parent) as scratch:
        content = Path(scratch) / "content"  # the scratch directory itself is private to this user
        content.mkdir()
        for name, file in sources.items():
            shutil.copyfile(file, content / name)  # not a link: an edit of the checkpoint must not reach the cache
        try:
            load_weights(open_checkpoint(content))
        except CheckpointError as error:
            raise CheckpointError(str(error).replace(str(content), lock.repo)) from error
        was_locked = lock_path(output).exists()
        try:
            # The lock comes first: a lock alone is harmless, but the next fetch refuses a checkpoint without one.
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
    except (OSError, ValueError) as error:  # every error of huggingface_hub and requests is one of these
        raise HubError(_reason(error, repo, revision)) from error


def _reason(error: BaseException, repo: str, revision: str) -> str:
    # huggingface_hub wraps the cause in a ValueError that says less.
    while isinstance(error, ValueError) and error.__cause__ is not None:
        error = error.__cause__
    hub = constants.ENDPOINT
    match error:
        case HFValidationError():
            return f"{repo!r} is not the name of a repository, such as {CARD_REPO}."
        case GatedRepoError():
            return f"{repo} is gated: ask for access at {hub}/{repo} and set HF_TOKEN."
        case RepositoryNotFoundError() | requests.HTTPError(response=requests.Response(status_code=401)):
            return f"{hub} has no repository {repo}, or it is private: set HF_TOKEN to a token that may read it."
        case RevisionNotFoundError():
            return f"{repo} has no revision {revision}."
        case requests.HTTPError(response=requests.Response() as response):
            return f"{hub} answered {response.status_code} {response.reason} for {repo}: try again later."
        case OfflineModeIsEnabled():
            return f"{repo} cannot be fetched while HF_HUB_OFFLINE is set: unset it."
        case requests.RequestException():
            kind = type(error).__name__
            return f"{hub} cannot be reached, or the connection broke ({kind}): run it again to resume."
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return f"the disk is full: {repo} needs space in {constants.HF_HUB_CACHE} and in the output's directory."
        case OSError(strerror=str(problem)):
            return f"{error.filename}: {problem}."
    first_line, *_ = str(error).split("\n")
    return f"{repo} could not be downloaded ({first_line})."
