"""A sign of life from each worker, so that the supervisor can detect a hung worker.

A hung worker (stopped, or stuck in native code that holds the interpreter) no longer writes. TorchServe itself
notices only when a reply is overdue.
"""

import os
import struct
import threading
import time
from pathlib import Path

INTERVAL = 1.0  # seconds
_MOMENT = struct.Struct("d")  # seconds of the monotonic clock, which all processes of a machine share


def start_heartbeat(directory: Path) -> None:
    """Start a thread that regularly writes the time into a file named after this process."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(directory / str(os.getpid()), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def beat() -> None:
        while True:
            os.pwrite(file, _MOMENT.pack(time.monotonic()), 0)
            time.sleep(INTERVAL)

    threading.Thread(target=beat, name="heartbeat", daemon=True).start()


def seconds_since_heartbeat(directory: Path, process_id: int) -> float | None:
    """Return how long ago a worker last wrote; None if it never did."""
    try:
        (moment,) = _MOMENT.unpack((directory / str(process_id)).read_bytes())
    except (OSError, struct.error):
        return None
    return float(time.monotonic() - moment)
