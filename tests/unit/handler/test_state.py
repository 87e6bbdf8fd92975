"""Where workers leave what outlives them."""

from pathlib import Path

from luke_qa.state import ServerState


def test_each_server_has_directories_of_its_own(tmp_path: Path) -> None:
    one, other = ServerState(tmp_path, 1), ServerState(tmp_path, 2)
    directories = {one.notes, one.heartbeats, other.notes, other.heartbeats}
    assert len(directories) == 4
    assert all(tmp_path in directory.parents for directory in directories)
    assert one == ServerState(tmp_path, 1)
