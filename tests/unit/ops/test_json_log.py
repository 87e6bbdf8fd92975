"""Log lines as JSON."""

import io
import json
import logging

from ops.json_log import JsonFormatter


def test_each_record_is_an_object_on_a_line_of_its_own() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.Logger("test")
    logger.addHandler(handler)
    logger.warning("Worker %d\n苺", 7)
    try:
        raise ValueError("no")
    except ValueError:
        logger.exception("It failed.")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first.keys() == {"time", "level", "message"}
    assert (first["level"], first["message"]) == ("WARNING", "Worker 7\n苺")
    assert first["time"].endswith("+00:00")
    assert second["traceback"].endswith("ValueError: no")
