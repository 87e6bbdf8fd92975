"""Scenes: functions that make a fact, one module per topic.

Each takes a random generator and the cast of the text.
"""

import random
from collections.abc import Callable

from training.examples.everyday.cast import Cast
from training.examples.everyday.facts import Fact
from training.examples.everyday.scenes.appointments import appointment
from training.examples.everyday.scenes.clauses import reason, rule
from training.examples.everyday.scenes.deeds import deed
from training.examples.everyday.scenes.gifts import gift
from training.examples.everyday.scenes.journeys import journey
from training.examples.everyday.scenes.shopping import shopping
from training.examples.everyday.scenes.traits import trait

SCENES: tuple[tuple[Callable[[random.Random, Cast], Fact], float], ...] = (
    (deed, 3.0),
    (trait, 2.2),
    (appointment, 1.6),
    (shopping, 1.2),
    (reason, 0.8),
    (rule, 0.9),
    (gift, 1.0),
    (journey, 1.0),
)
"""Every scene with its weight: how often it is chosen."""
