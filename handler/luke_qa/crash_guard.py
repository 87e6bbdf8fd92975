"""Reject a request that keeps killing workers, instead of passing it to one worker after another.

Each worker records in its own file which requests it is computing. A worker that starts finds the files of workers that
died, and counts a death for every request in them. A worker that survives a request clears its count. The files contain
only digests, never text.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path

from luke_qa.errors import CrashesWorkers
from luke_qa.query import Query

MAX_DEATHS = 3  # workers that one request may kill


def fingerprint(query: Query) -> str:
    """Return a digest of the texts: whether a request kills a worker depends on them."""
    digest = blake2b(digest_size=16)
    for text in (*query.questions, *query.contexts):
        encoded = text.encode()
        digest.update(len(encoded).to_bytes(8, "little") + encoded)
    return digest.hexdigest()


class CrashGuard:
    """The record of one worker, in the server's own ``directory``, next to those of the other workers."""

    def __init__(self, directory: Path) -> None:
        self._deaths = directory / "deaths"
        self._deaths.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._count_the_dead(directory)
        self._note = os.open(directory / str(os.getpid()), os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)

    def check(self, digest: str) -> None:
        """Raise if this request has killed too many workers.

        Raises:
            CrashesWorkers: it has.
        """
        try:
            deaths = (self._deaths / digest).stat().st_size
        except FileNotFoundError:
            return
        if deaths >= MAX_DEATHS:
            raise CrashesWorkers(
                f"{deaths} workers died while computing this request, so it is rejected until the server restarts."
            )

    @contextmanager
    def watching(self, digests: Sequence[str]) -> Iterator[None]:
        """Record these requests while the block runs. A worker that survives the block clears their counts."""
        with suppress(OSError):  # if the disk is full, an unwatched answer is better than none
            os.pwrite(self._note, "\n".join(digests).encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(self._note, 0)
            for digest in digests:
                (self._deaths / digest).unlink(missing_ok=True)

    def _count_the_dead(self, directory: Path) -> None:
        for note in directory.iterdir():
            if note.name.isdigit() and not _lives(int(note.name)):
                claimed = note.with_suffix(f".{os.getpid()}")
                try:
                    note.rename(claimed)  # another worker may start at the same moment
                except FileNotFoundError:
                    continue
                for digest in claimed.read_text("ascii").split():
                    with (self._deaths / digest).open("ab") as deaths:
                        deaths.write(b".")
                claimed.unlink()


def _lives(pid: int) -> bool:
    """Return whether the process runs. A dead one stays as a zombie until its parent asks for its status."""
    try:
        stat = Path("/proc", str(pid), "stat").read_text("utf-8", "replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")
