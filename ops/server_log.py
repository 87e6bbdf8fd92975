"""The logs of one server: the last one is kept at each start, and read for the reason why it does not start."""

from pathlib import Path

CONSOLE, MODEL_LOG = "console.log", "model_log.log"
FAILURE_MARK = "luke-qa cannot start: "  # the handler writes its reason after this
CRASH_MARKS = ("Backend worker process died", "Load model failed", "Worker died")


def prepare_logs(logs: Path) -> None:
    """Make the directory; keep the workers' log of the last start."""
    logs.mkdir(parents=True, exist_ok=True)
    keep_previous(logs / MODEL_LOG)


def keep_previous(log: Path) -> None:
    """Rename ``NAME.log`` to ``NAME.previous.log``, if it has a line. Nobody may have it open."""
    if log.is_file() and log.stat().st_size:
        log.replace(log.with_name(f"{log.stem}.previous{log.suffix}"))


def log_size(logs: Path) -> int:
    """Return how many bytes the workers' log has."""
    file = logs / MODEL_LOG
    return file.stat().st_size if file.is_file() else 0


def failure_reason(logs: Path, after: int = 0) -> str | None:
    """Return why the server cannot start, if the workers' log says so in what follows its first ``after`` bytes."""
    file = logs / MODEL_LOG
    content = file.read_bytes() if file.is_file() else b""
    # A log that is shorter than it was has been rotated.
    text = content[after if len(content) >= after else 0 :].decode("utf-8", "replace")
    for line in text.splitlines():
        if FAILURE_MARK in line:
            return line.partition(FAILURE_MARK)[2]
    if any(mark in text for mark in CRASH_MARKS):
        return f"the worker crashed; see {file}."
    return None
