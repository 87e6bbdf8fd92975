"""What a request costs, known before it is computed: tokens through the model, and the seconds that they take."""

import math
from dataclasses import dataclass

from luke_qa.errors import Part, TooLarge

# Default limit on the tokens in all windows of one request.
MAX_WINDOW_TOKENS = 500_000

WAY_OUT = "ask fewer questions at once, or read fewer windows (max_windows)."


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one request may cost. ``time_limit`` is in seconds."""

    max_window_tokens: int = MAX_WINDOW_TOKENS
    time_limit: float = math.inf

    def check(self, questions: int, windows: int, tokens: int, tokens_per_second: float | None) -> None:
        """Check a request of ``questions`` questions with ``windows`` windows of ``tokens`` tokens in total.

        ``tokens_per_second`` is the speed of the model (None: not measured).

        Raises:
            TooLarge: the request exceeds a limit. The message names the estimate, the limit and the way out.
        """
        need = f"{questions} {'question needs' if questions == 1 else 'questions need'} {windows} windows"
        cost = f"{need} of about {tokens} tokens in total"
        if tokens > self.max_window_tokens:
            raise TooLarge(f"{cost}, but the limit is {self.max_window_tokens} tokens: {WAY_OUT}", Part("question"))
        seconds = tokens / tokens_per_second if tokens_per_second else 0.0
        if seconds > self.time_limit:
            limit = f"the limit is {self.time_limit:g} seconds"
            message = f"{cost}, which takes about {math.ceil(seconds)} seconds here, but {limit}: {WAY_OUT}"
            raise TooLarge(message, Part("question"))
