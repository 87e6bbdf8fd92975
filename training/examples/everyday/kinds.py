"""The kinds of slots that a frame may name, and how a value of each is drawn."""

import random
from collections.abc import Callable, Mapping

from training.examples.everyday import slots as s

Draw = Callable[[random.Random], str]


def _of(words: list[str]) -> Draw:
    return lambda rng: rng.choice(words)


def _number(low: int, high: int, unit: str, step: int = 1) -> Draw:
    return lambda rng: f"{rng.randrange(low, high + 1, step)}{unit}"


def _phone(rng: random.Random) -> str:
    return f"0{rng.randint(10, 99)}-{rng.randint(100, 999)}-{rng.randint(1000, 9999)}"


def _hour(rng: random.Random) -> str:
    """Draw a time of day as notices write it."""
    if rng.random() < 0.4:
        return f"{rng.randint(5, 23)}:{rng.randrange(0, 60, 5):02d}"
    return f"{rng.randint(5, 23)}時" + rng.choice(("", "", "半", f"{rng.randint(1, 11) * 5}分"))


def _duration(rng: random.Random) -> str:
    return rng.choice(
        (
            f"{rng.randint(2, 90)}分",
            f"{rng.randint(2, 20)}時間",
            f"{rng.randint(2, 14)}日間",
            f"{rng.randint(2, 8)}週間",
            f"{rng.randint(2, 11)}か月",
            f"{rng.randint(2, 30)}年間",
            f"{rng.randint(1, 5)}時間半",
        )
    )


def _day(rng: random.Random) -> str:
    """Draw a day as people name it."""
    return rng.choice((s.date(rng), f"{rng.randint(1, 30)}日", rng.choice(s.DAYS), "来週の" + rng.choice(s.DAYS)))


KINDS: Mapping[str, Draw] = {
    "person": s.person,
    "name": s.name,
    "relative": _of(s.RELATIVES),
    "food": _of(s.FOODS),
    "drink": _of(s.DRINKS),
    "goods": _of(s.GOODS),
    "color": _of(s.COLORS),
    "place": _of(s.PLACES),
    "town": _of(s.TOWNS),
    "job": _of(s.JOBS),
    "hobby": _of(s.HOBBIES),
    "subject": _of(s.SUBJECTS),
    "sport": _of(s.SPORTS),
    "vehicle": _of(s.VEHICLES),
    "event": _of(s.EVENTS),
    "weekday": _of(s.DAYS),
    "past": _of(s.RELATIVE_TIMES),
    "day": _day,
    "monthday": lambda rng: f"{rng.randint(1, 12)}月{rng.randint(1, 30)}日",
    "month": _number(1, 12, "月"),
    "year": _number(1880, 2030, "年"),
    "clock": s.clock,
    "hour": _hour,
    "duration": _duration,
    "minutes": _number(3, 90, "分"),
    "hours": _number(2, 30, "時間"),
    "days": _number(2, 40, "日"),
    "money": s.money,
    "percent": _number(2, 98, "パーセント"),
    "people": _number(2, 600, "人"),
    "age": _number(1, 98, "歳"),
    "grade": _number(1, 6, "年生"),
    "pieces": _number(2, 60, "個"),
    "sheets": _number(2, 300, "枚"),
    "times": _number(2, 30, "回"),
    "floor": _number(1, 12, "階"),
    "number": _number(2, 120, "番"),
    "degrees": _number(2, 38, "度"),
    "phone": _phone,
}

OPEN_KINDS = frozenset({"food", "drink", "goods", "place", "hobby", "event"})
"""Kinds that a noun from the corpora may replace, so that a slot cannot be recognised by its list."""
