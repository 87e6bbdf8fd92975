"""The people of an everyday text."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cast:
    """The people of a text, and a pool of nouns from the corpora that are in no list."""

    people: tuple[str, ...]
    pool: tuple[str, ...]

    def someone(self, rng: random.Random) -> str:
        return rng.choice(self.people)

    def thing(self, rng: random.Random, *lists: list[str], open_share: float = 0.3) -> str:
        if self.pool and rng.random() < open_share:
            return rng.choice(self.pool)
        return rng.choice(rng.choice(lists))
