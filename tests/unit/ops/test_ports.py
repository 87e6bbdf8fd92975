"""Ports that a server of a test has to itself."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Final

import pytest

from ops.layout import ROOT
from ops.ports import Block, find_free_ports, is_taken

ANOTHER: Final = """
from ops.ports import find_free_ports
print(*find_free_ports(50), flush=True)
input()
"""


@pytest.fixture
def block() -> Iterator[Block]:
    """A block of three ports."""
    found = set(find_free_ports(50))
    first = next(port for port in found if {port + 1, port + 2, port + 3} <= found)
    with closing(Block(first, 4)) as block:
        yield block


def test_nothing_listens_there_and_no_outgoing_connection_begins_there() -> None:
    found = find_free_ports(50)
    assert len(set(found)) == 50
    assert max(found) < 32_768  # where Linux's ports for outgoing connections begin
    assert not any(is_taken("127.0.0.1", port) for port in found)


def test_the_next_ones_are_others() -> None:
    assert not set(find_free_ports(50)) & set(find_free_ports(50))


def test_another_process_gets_others_as_long_as_this_one_lives() -> None:
    own = set(find_free_ports(50))
    with ExitStack() as stack:
        others = []
        for _ in range(3):
            command, pipe = [sys.executable, "-c", ANOTHER], subprocess.PIPE
            other = stack.enter_context(subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True))
            assert other.stdout is not None
            others.append({int(port) for port in other.stdout.readline().split()})
            assert len(others[-1]) == 50
    assert len(own.union(*others)) == 200


def test_a_port_on_which_something_listens_is_left_out(block: Block) -> None:
    first, second, third = block.take(3)
    with socket.create_server(("127.0.0.1", second)):
        assert block.take(2) == [first, third]
        assert block.take(1) == [first]
        with pytest.raises(OSError, match=rf"Of the ports from {first} to {third}, no 3 are free\."):
            block.take(3)
    assert second in block.take(2)


def test_a_port_whose_last_connection_still_waits_is_left_out(block: Block) -> None:
    """A server that does not set SO_REUSEADDR does not get it."""
    first, second, _ = block.take(3)
    with socket.create_server(("127.0.0.1", first)) as server, socket.create_connection(server.getsockname()):
        accepted, _ = server.accept()
        accepted.close()  # the side that closes first waits
    assert block.take(1) == [second]


def test_a_block_has_one_owner(block: Block) -> None:
    first = min(block.take(3)) - 1
    with pytest.raises(OSError, match="in use"):
        Block(first, 4)
    block.close()
    Block(first, 4).close()
