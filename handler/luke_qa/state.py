"""Where the workers of one server keep what must outlive them: records of what they compute, and heartbeats."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ServerState:
    """The directories of the server with process id ``server``, under its temporary directory."""

    temporary: Path
    server: int

    @property
    def notes(self) -> Path:
        """See ``crash_guard``."""
        return self._root / "notes"

    @property
    def heartbeats(self) -> Path:
        """See ``heartbeat``."""
        return self._root / "heartbeats"

    @property
    def _root(self) -> Path:
        return self.temporary / f"luke-qa-{os.getuid()}-{self.server}"
