"""Shopping: goods with their prices, colours and shops."""

import random

from training.examples.everyday import slots as s
from training.examples.everyday.cast import Cast
from training.examples.everyday.facts import Fact, fill


def shopping(rng: random.Random, cast: Cast) -> Fact:
    """Tell the prices, colours and shops of several goods, so that the right one has to be picked."""
    goods = list[str]()
    while len(goods) < 3:
        thing = cast.thing(rng, s.GOODS, s.FOODS, s.DRINKS, open_share=0.25)
        if thing not in goods:
            goods.append(thing)
    values = {
        "a": goods[0],
        "b": goods[1],
        "c": goods[2],
        "pa": s.money(rng),
        "pb": s.money(rng),
        "pc": s.money(rng),
        "off": f"{rng.randint(1, 9)}割引",
        "shop": cast.thing(rng, s.PLACES, open_share=0.2),
        "who": cast.someone(rng),
        "color": rng.choice(s.COLORS),
        "color2": rng.choice(s.COLORS),
        "floor": f"{rng.randint(1, 9)}階",
        "floor2": f"{rng.randint(1, 9)}階",
        "day": rng.choice(s.DAYS),
    }
    templates: tuple[tuple[str, dict[str, tuple[str, ...]]], ...] = (
        (
            "{a}は{pa}、{b}は{pb}、{c}は{pc}です。",
            {
                k[1]: (f"{{{k[0]}}}はいくら~", f"{{{k[0]}}}の値段はいくら~")
                for k in (("a", "pa"), ("b", "pb"), ("c", "pc"))
            },
        ),
        (
            "{shop}では{day}に{a}が{off}になります。",
            {
                "off": ("{a}は何割引になりますか", "{day}に{a}はどのくらい安くなりますか"),
                "day": ("{a}が安くなるのは何曜日~", "{a}が割引になるのはいつ~"),
                "shop": ("{a}が安くなるのはどこ~",),
                "a": ("{day}に安くなるのは何~", "{shop}で割引になるものは何~"),
            },
        ),
        (
            "{a}の売り場は{floor}で、{b}は{floor2}にあります。",
            {
                "floor": ("{a}の売り場は何階~", "{a}はどこで買えますか"),
                "floor2": ("{b}は何階にありますか", "{b}の売り場はどこ~"),
                "b": ("{floor2}にあるのは何~",),
            },
        ),
        (
            "{who}は{color2}の{b}と迷ったが、{color}の{a}を{pa}で買った。",
            {
                "color": ("{who}が買った{a}は何色~", "{a}の色は何~"),
                "a": ("{who}が買ったのは何~", "{pa}で買ったものは何~"),
                "pa": ("{who}は{a}をいくらで買いましたか", "{a}はいくら~"),
                "b": ("{who}が迷ったが買わなかったのは何~",),
            },
        ),
        (
            "{who}が{shop}で買った{a}は{pa}でした。",
            {
                "pa": ("{who}が買った{a}はいくら~", "{a}の値段は"),
                "shop": ("{who}はどこで{a}を買いましたか", "{a}を買った店はどこ~"),
                "a": ("{who}が{shop}で買ったのは何~",),
                "who": ("{a}を買ったのは誰~",),
            },
        ),
    )
    template, questions = rng.choice(templates)
    return fill(template, values, questions, rng)
