"""Traits: a person's job, hobby, birthday or favourite food."""

import random
from collections.abc import Callable

from training.examples.everyday import slots as s
from training.examples.everyday.cast import Cast
from training.examples.everyday.facts import Fact, fill

_Noun = Callable[[random.Random], str]

_TRAITS: tuple[tuple[str, _Noun, tuple[str, ...]], ...] = (
    ("職業", lambda r: r.choice(s.JOBS), ("何",)),
    ("仕事", lambda r: r.choice(s.JOBS), ("何",)),
    ("趣味", lambda r: r.choice(s.HOBBIES), ("何", "なに", "どんなこと")),
    ("特技", lambda r: r.choice(s.HOBBIES + s.SPORTS), ("何",)),
    ("好物", lambda r: r.choice(s.FOODS), ("何",)),
    ("好きな食べ物", lambda r: r.choice(s.FOODS), ("何", "なに")),
    ("苦手な食べ物", lambda r: r.choice(s.FOODS), ("何",)),
    ("好きな飲み物", lambda r: r.choice(s.DRINKS), ("何",)),
    ("好きな色", lambda r: r.choice(s.COLORS), ("何", "何色")),
    ("好きな動物", lambda r: r.choice(s.ANIMALS), ("何",)),
    ("得意な科目", lambda r: r.choice(s.SUBJECTS), ("何",)),
    ("習い事", lambda r: r.choice(s.SPORTS), ("何",)),
    ("出身地", lambda r: r.choice(s.TOWNS), ("どこ",)),
    ("勤め先", lambda r: r.choice(s.PLACES), ("どこ",)),
    ("住まい", lambda r: r.choice(s.TOWNS), ("どこ",)),
    ("誕生日", s.date, ("いつ", "何月何日")),
    ("年齢", lambda r: f"{r.randint(1, 98)}歳", ("何歳", "いくつ")),
    ("身長", lambda r: f"{r.randint(100, 195)}センチ", ("何センチ", "どのくらい")),
    ("名前", s.name, ("何", "なに")),
    ("あだ名", s.name, ("何",)),
    ("通勤手段", lambda r: r.choice(s.VEHICLES), ("何",)),
    ("電話番号", lambda r: f"{r.randint(10, 99)}-{r.randint(1000, 9999)}", ("何番", "何")),
    ("起きる時刻", s.clock, ("何時", "いつ")),
    ("宝物", lambda r: r.choice(s.GOODS), ("何",)),
    ("将来の夢", lambda r: r.choice(s.JOBS) + "になること", ("何",)),
    ("夢", lambda r: r.choice(s.TOWNS) + "で暮らすこと", ("何",)),
    ("兄弟の数", lambda r: f"{r.randint(1, 7)}人", ("何人",)),
)


def trait(rng: random.Random, cast: Cast) -> Fact:
    """Tell ``The X of A is B``, of one or two people, positively or against a wrong guess."""
    label, value, whs = rng.choice(_TRAITS)
    if cast.pool and rng.random() < 0.15:
        label, value, whs = (
            rng.choice(("好きな", "大切な")) + rng.choice(("本", "歌", "花", "映画", "場所", "言葉")),
            lambda r: r.choice(cast.pool),
            ("何",),
        )
    owner = rng.choice((cast.someone(rng), cast.someone(rng), "私", "僕", ""))
    use_pool = (
        label in ("趣味", "好物", "好きな食べ物", "特技", "宝物", "名前", "出身地")
        and cast.pool
        and rng.random() < 0.35
    )
    values = {
        "owner": owner,
        "value": rng.choice(cast.pool) if use_pool else value(rng),
        "wrong": value(rng),
        "owner2": s.person(rng),
        "value2": value(rng),
    }
    of = "{owner}の" if owner else ""
    close = rng.choice(("です", "です", "だ", "である", "だそうです", "でした"))
    shapes = (
        f"{of}{label}は{{value}}{close}。",
        f"{of}{label}は、{{value}}{close}。",
        f"{of}{label}は{{wrong}}ではなく{{value}}{close}。",
        f"{{owner2}}の{label}は{{value2}}ですが、{of}{label}は{{value}}{close}。",
        f"{of}{label}は{{value}}で、{{owner2}}の{label}は{{value2}}{close}。",
        f"以前は{{wrong}}でしたが、今の{of}{label}は{{value}}{close}。",
    )
    template = rng.choices(shapes, (4, 2, 1, 1, 1, 0.5 if owner else 0))[0]
    told = "あなたの" if owner in ("私", "僕") and rng.random() < 0.3 else of
    asked = rng.choice((told, told, "")) if "owner2" not in template else told
    questions = {
        "value": (
            *(f"{asked}{label}は{wh}~" for wh in whs),
            f"{asked}{label}を教えてください",
            f"{asked}{label}は",
            f"{rng.choice(whs)}が{asked}{label}~",
        ),
        "value2": tuple(f"{{owner2}}の{label}は{wh}~" for wh in whs),
    }
    return fill(template, values, questions, rng)
