"""Journeys: where from, where to, by what, and how long."""

import random

from training.examples.everyday import slots as s
from training.examples.everyday.cast import Cast
from training.examples.everyday.facts import Fact, fill


def journey(rng: random.Random, cast: Cast) -> Fact:
    """Tell a journey: start, goal, vehicle, duration."""
    values = {
        "who": cast.someone(rng),
        "start": cast.thing(rng, s.TOWNS, s.PLACES, open_share=0.1),
        "goal": cast.thing(rng, s.TOWNS, s.PLACES, open_share=0.1),
        "via": cast.thing(rng, s.TOWNS, open_share=0.1),
        "by": rng.choice(s.VEHICLES),
        "by2": rng.choice(s.VEHICLES),
        "long": rng.choice((f"{rng.randint(2, 59)}分", f"{rng.randint(1, 12)}時間", f"{rng.randint(1, 5)}時間半")),
        "far": f"{rng.randint(2, 900)}キロ",
        "begin": s.clock(rng),
        "cost": s.money(rng),
    }
    templates: tuple[tuple[str, dict[str, tuple[str, ...]]], ...] = (
        (
            "{who}は{start}から{goal}まで{by}で{long}かけて行きました。",
            {
                "long": ("{who}が{goal}まで行くのにかかった時間は", "{start}から{goal}までどのくらいかかりましたか"),
                "start": ("{who}はどこから{goal}に行きましたか", "{who}の出発地はどこ~"),
                "goal": ("{who}はどこへ行きましたか", "{who}が{by}で向かったのはどこ~"),
                "by": ("{who}は何で{goal}に行きましたか", "{who}が{goal}まで使った乗り物は何~"),
            },
        ),
        (
            "{who}は{begin}に{start}を出て、{via}で{by}から{by2}に乗り換え、{goal}に着いた。",
            {
                "begin": ("{who}が{start}を出たのは何時~", "{who}は何時に出発しましたか"),
                "via": ("{who}はどこで乗り換えましたか", "{by2}に乗り換えたのはどこ~"),
                "goal": ("{who}が着いたのはどこ~", "{who}の行き先はどこ~"),
                "by2": ("{who}は{via}で何に乗り換えましたか",),
                "start": ("{who}が出発したのはどこ~",),
            },
        ),
        (
            "{start}から{goal}までは{far}あり、{by}だと{long}、料金は{cost}です。",
            {
                "far": ("{start}から{goal}まで何キロ~", "{goal}までの距離はどのくらい~"),
                "long": ("{start}から{goal}まで{by}でどのくらいかかりますか", "{by}での所要時間は"),
                "cost": ("{goal}までの料金はいくら~", "{by}の料金はいくら~"),
            },
        ),
    )
    template, questions = rng.choice(templates)
    return fill(template, values, questions, rng)
