"""Gifts: a thing passes from one person to another."""

import random

from training.examples.everyday import slots as s
from training.examples.everyday.cast import Cast
from training.examples.everyday.facts import Fact, fill
from training.examples.everyday.verbs import verb

_GIVEN_TO = ("渡す", "貸す", "贈る", "預け|る", "見せ|る", "頼む")
_GOT_FROM = ("もらう", "借り|る")
_GIVING = (
    *((verb(v), "に", "誰に") for v in _GIVEN_TO),
    *((verb(v), "から", "誰から") for v in _GOT_FROM),
)


def gift(rng: random.Random, cast: Cast) -> Fact:
    """Tell who gave what to whom: two people and a direction to keep apart."""
    act, particle, wh = rng.choice(_GIVING)
    values = {
        "who": cast.someone(rng),
        "whom": s.person(rng),
        "what": cast.thing(rng, s.GOODS, s.FOODS, open_share=0.25),
        "time": rng.choice(s.RELATIVE_TIMES),
        "first": s.person(rng),
    }
    close = rng.choice((act.past, act.polite_past))
    template = rng.choice(
        (
            f"{{time}}、{{who}}は{{whom}}{particle}{{what}}を{close}。",
            f"{{who}}は{{whom}}{particle}{{what}}を{close}。",
            f"{{what}}は{{first}}ではなく、{{who}}が{{whom}}{particle}{close}。",
            f"{{who}}が{{whom}}{particle}{act.past}のは{{what}}だ。",
        )
    )
    asked = rng.choice(act.asked)
    questions = {
        "who": (f"{{whom}}{particle}{{what}}を{act.past}のは誰~", f"誰が{{what}}を{asked}"),
        "whom": (f"{{who}}は{wh}{{what}}を{asked}", f"{{who}}が{{what}}を{act.past}相手は誰~"),
        "what": (f"{{who}}は{{whom}}{particle}何を{asked}", f"{{who}}が{{whom}}{particle}{act.past}ものは何~"),
        "time": (f"{{who}}が{{what}}を{act.past}のはいつ~",),
    }
    return fill(template, values, questions, rng)
