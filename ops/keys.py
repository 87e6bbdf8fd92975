"""The API keys that the proxy accepts: issued once, stored as digests, several valid at a time.

HAProxy reads the file as a map: a line contains a key's SHA-256 in hex, a space, and the name of its holder. The line
above says when it was issued. Notes that people add, as lines with ``#`` or after a name, stay where they are. The
proxy reads the file when it starts or reloads.
"""

import os
import re
import secrets
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from ops.errors import OpsError, UsageError

KEY_BYTES = 32  # 256 bits
PREFIX = "luke_"  # identifies the key to scanners for leaked secrets
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LINE = re.compile(rf" *([0-9a-f]{{64}}) +({NAME.pattern})( +#.*| *)")
_ISSUED = "# issued "


class KeysError(OpsError):
    """The file of keys is damaged, has no such key, or cannot be left to its owner."""


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A valid key.

    Attributes:
        digest: its SHA-256 in hex.
        name: its holder.
        issued: when (UTC); None if the file does not say.
        lines: the numbers of its own lines in the file, from 0.
    """

    digest: str
    name: str
    issued: datetime | None
    lines: tuple[int, ...]


def read_keys(file: Path) -> tuple[StoredKey, ...]:
    """Read the keys, oldest first; none if there is no file.

    Raises:
        KeysError: a line is neither a key, nor a comment, nor blank.
    """
    keys, issued = list[StoredKey](), None
    for number, line in enumerate(_lines(file)):
        if found := _LINE.fullmatch(line):
            lines = (number,) if issued is None else (number - 1, number)
            keys.append(StoredKey(found[1], found[2], issued, lines))
        elif line.strip() and not line.lstrip().startswith("#"):
            raise KeysError(
                f"{file}, line {number + 1}: this is not a key. Restore the file, or delete it and issue new keys."
            )
        issued = _moment(line.removeprefix(_ISSUED)) if line.startswith(_ISSUED) else None
    return tuple(keys)


def issue_key(name: str, file: Path) -> str:
    """Add a key for ``name``, whose former keys stay valid; return the key, which is stored nowhere.

    Raises:
        UsageError: the name is not allowed.
        KeysError: the file is damaged, or belongs to somebody else.
    """
    if not NAME.fullmatch(name):
        raise UsageError(f"A name has 1 to 64 letters, digits, dots, hyphens and underscores; {name!r} does not.")
    key = PREFIX + secrets.token_urlsafe(KEY_BYTES)
    read_keys(file)
    entry = (f"{_ISSUED}{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", f"{sha256(key.encode()).hexdigest()} {name}")
    _write([*_lines(file), *entry], file)
    return key


def require_key(name: str, file: Path) -> list[StoredKey]:
    """Return the keys of ``name``, oldest first.

    Raises:
        KeysError: it has none, or the file is damaged.
    """
    held = [key for key in read_keys(file) if key.name == name]
    if not held:
        raise KeysError(f"{name} has no key in {file}.")
    return held


def revoke_keys(name: str, file: Path, keep_newest: bool = False) -> int:
    """Remove the keys of ``name``, or all but the newest; return how many were removed.

    Raises:
        KeysError: it has none, or the file is damaged or belongs to somebody else.
    """
    held = require_key(name, file)
    removed = held[:-1] if keep_newest else held
    gone = {number for key in removed for number in key.lines}
    _write([line for number, line in enumerate(_lines(file)) if number not in gone], file)
    return len(removed)


def _lines(file: Path) -> list[str]:
    return file.read_text("utf-8").splitlines() if file.is_file() else []


def _write(lines: Sequence[str], file: Path) -> None:
    """Write the file, completely or not at all, so that those who could read it still can.

    Only the owner can read a new file. If root writes it, that is the owner of its directory: the proxy's user.

    Raises:
        KeysError: it belongs to somebody else, and this user may not leave it to them.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    model = file.stat() if file.is_file() else None
    with tempfile.TemporaryDirectory(prefix=".keys-", dir=file.parent) as scratch:
        partial = Path(scratch) / file.name
        partial.touch(0o600)
        partial.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        owner = model or file.parent.stat()
        try:
            os.chown(partial, owner.st_uid, owner.st_gid)
        except PermissionError as error:
            if model:
                raise KeysError(f"{file} belongs to another user or group: run this command as root.") from error
        if model:
            partial.chmod(model.st_mode & 0o7777)
        partial.replace(file)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
