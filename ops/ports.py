"""Which ports are taken, and which ones of loopback a server of a test or benchmark can have to itself."""

import atexit
import os
import random
import socket
from contextlib import suppress
from functools import cache
from itertools import islice
from typing import Final

# Below the ports that the system gives to outgoing connections and to servers that ask for any port. One of those may
# be gone between the moment in which it is found free and that in which a server listens, or while a server restarts.
_FIRST: Final = 20_000
_LAST: Final = 32_000
_BLOCK: Final = 400


def is_taken(host: str, port: int) -> bool:
    """Return whether another program listens there. As in Java, a port in TIME_WAIT is free."""
    return not _can_bind(host, port, reuse=True)


def find_free_ports(count: int) -> list[int]:
    """Return different ports of loopback on which nothing listens.

    No other process that calls this gets them as long as this one lives, and this one gets them again only after
    hundreds of others.

    Raises:
        OSError: there are not so many.
    """
    return _own_block(os.getpid()).take(count)


def find_free_port() -> int:
    """Return one such port."""
    return find_free_ports(1)[0]


class Block:
    """Ports that belong to this process as long as it holds the first of them."""

    def __init__(self, first: int, size: int) -> None:
        """Take the ``size`` ports from ``first`` on.

        Raises:
            OSError: they belong to another process.
        """
        self._held = socket.socket()
        try:
            self._held.bind(("127.0.0.1", first))
        except OSError:
            self.close()
            raise
        self._ports = list(range(first + 1, first + size))

    def take(self, count: int) -> list[int]:
        """Return free ports, those first that were not returned for the longest time.

        Raises:
            OSError: there are not so many.
        """
        found = list(islice(filter(_is_free, self._ports), count))
        if len(found) < count:
            raise OSError(f"Of the ports from {min(self._ports)} to {max(self._ports)}, no {count} are free.")
        self._ports = [port for port in self._ports if port not in found] + found
        return found

    def close(self) -> None:
        """Leave the ports to other processes."""
        self._held.close()


@cache
def _own_block(process: int) -> Block:
    """The block of the process with this id; a forked one takes its own."""
    starts = range(_FIRST, _LAST, _BLOCK)
    for first in random.sample(starts, len(starts)):
        with suppress(OSError):
            block = Block(first, _BLOCK)
            atexit.register(block.close)
            return block
    raise OSError(f"Other processes hold all ports from {_FIRST} to {_LAST}.")


def _is_free(port: int) -> bool:
    """Not even in TIME_WAIT: some servers do not get such a port."""
    return _can_bind("127.0.0.1", port, reuse=False)


def _can_bind(host: str, port: int, reuse: bool) -> bool:
    with socket.socket() as probe, suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
        probe.bind((host, port))
        return True
    return False
