"""How fast the model computes, learnt from its forward passes, to predict which pass would end too late."""

# The weight of the latest pass in the average.
LATEST = 0.2
# The factor by which the estimate shrinks when a pass was refused because of it. Otherwise a machine that was slow for
# a moment would refuse for ever, since it learns only from the passes that it starts.
AFTER_REFUSAL = 0.8


class Pace:
    """Seconds per token, as a moving average over forward passes."""

    def __init__(self) -> None:
        self._seconds_per_token = 0.0

    def learn(self, tokens: int, seconds: float) -> None:
        """Take one more pass into account."""
        weight = LATEST if self._seconds_per_token else 1.0
        self._seconds_per_token += weight * (seconds / tokens - self._seconds_per_token)

    def seconds(self, tokens: int) -> float:
        """Return how long a pass over ``tokens`` tokens should take: 0 before the first pass."""
        return self._seconds_per_token * tokens

    def doubt(self) -> None:
        """Trust the estimate less, since a pass was refused because of it."""
        self._seconds_per_token *= AFTER_REFUSAL
