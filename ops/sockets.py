"""Where the workers' sockets lie, which must have short paths."""

import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from ops.errors import OpsError

LONGEST_PATH: Final = 107  # bytes in Linux's sockaddr_un, less the zero at the end
_LINK: Final = 16  # characters of a link's name
SHORT_TEMPORARY: Final = Path("/tmp")
LONGEST_NAME: Final = ".ts.sock.65535"  # as TorchServe names them


def socket_directory(directory: Path) -> Path:
    """Return ``directory``, or a link to it if paths of sockets in it would be too long.

    The links lie in a directory of the user's own, where nobody else can exchange them. They stay there; the next
    start makes them anew.

    Raises:
        OpsError: that directory belongs to somebody else, or its path is too long as well.
    """
    if _is_short(directory):
        return directory
    own = _own_directory()
    link = own / hashlib.sha256(os.fsencode(directory.absolute())).hexdigest()[:_LINK]
    if not _is_short(link):
        raise OpsError(f"{directory} and {link} are too long for the paths of sockets: set TMPDIR to a short path.")
    with suppress(FileExistsError):
        own.mkdir(mode=0o700)
    found = own.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise OpsError(f"{own} must be a directory of this user alone, since the server's sockets lie there.")
    link.unlink(missing_ok=True)
    link.symlink_to(directory.absolute())
    return link


def _own_directory() -> Path:
    """TMPDIR may be the server's own (`make env`), so /tmp is the second choice."""
    name = f"luke-qa-{os.getuid()}"
    usual = Path(tempfile.gettempdir()) / name
    return usual if _is_short(usual / ("x" * _LINK)) else SHORT_TEMPORARY / name


def _is_short(directory: Path) -> bool:
    return len(os.fsencode(directory / LONGEST_NAME)) <= LONGEST_PATH
