"""Results written to standard output as they arrive, and errors elsewhere."""

from collections.abc import Sequence
from typing import IO

from .._answers import Answer
from .asking import Result
from .formats import Sink
from .rows import error_values
from .state import Counts
from .values import json_line


class Streams:
    """Output that cannot be resumed."""

    def __init__(self, sink: Sink, out: IO[bytes], errors: IO[bytes]) -> None:
        self.counts = Counts()
        self._sink, self._out, self._errors = sink, out, errors
        out.write(sink.header())

    def commit(self, results: Sequence[Result]) -> None:
        """Write the next rows."""
        for row, result in results:
            if isinstance(result, Answer):
                self._out.write(self._sink.encode([(row, result)]))
            else:
                self._errors.write(json_line(error_values(row, result)))
        self.counts = self.counts.plus(results)
        self._out.flush()
        self._errors.flush()

    def finish(self) -> None:
        """Do nothing: every row has been written."""
