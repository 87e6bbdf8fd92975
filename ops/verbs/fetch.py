"""Fetch a checkpoint from the Hugging Face Hub, verified and locked by SHA-256. Run it again to resume."""

import os
from pathlib import Path

from luke_qa.checkpoint import CheckpointError
from ops.errors import OpsError, UsageError
from ops.hub import CARD_REPO, HubError, fetch
from ops.layout import ROOT
from ops.lockfile import LockError, lock_path
from ops.options import Parser


def main(options: list[str]) -> int:
    parser = Parser(prog="python -m ops fetch", description=__doc__)
    parser.add_option("repo", "repository of the hub", CARD_REPO)
    parser.add_option("revision", "branch, tag or commit; the lock records its commit", "main")
    parser.add_argument("--output", type=Path, help="directory of the checkpoint; default: checkpoints/NAME")
    given = parser.parse_args(options)
    name = given.repo.rpartition("/")[2]
    if name in ("", ".", ".."):
        raise UsageError(f"REPO must be the name of a repository, such as {CARD_REPO}, not {given.repo!r}.")
    output: Path = given.output or Path(os.path.relpath(ROOT / "checkpoints")) / name
    try:
        fetched = fetch(given.repo, given.revision, output)
    except (HubError, LockError, CheckpointError) as error:
        raise OpsError(f"Nothing was fetched: {error}") from error
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt("run it again to resume") from error
    if fetched:
        print(f"Fetched {given.repo} as {output}; {lock_path(output)} holds its commit and the SHA-256 of every file.")
    else:
        print(f"{output} is already there, and every file matches {lock_path(output)}.")
    return 0
