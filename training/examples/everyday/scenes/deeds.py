"""Deeds: someone did something, somewhere, at some time, with somebody."""

import random

from training.examples.everyday import slots as s
from training.examples.everyday.cast import Cast
from training.examples.everyday.facts import Fact, fill
from training.examples.everyday.verbs import Verb, verb

_DEEDS: tuple[tuple[Verb, list[list[str]]], ...] = tuple(
    (verb(plain), lists)
    for plain, lists in (
        ("買う", [s.GOODS, s.FOODS, s.DRINKS]),
        ("食べ|る", [s.FOODS]),
        ("飲む", [s.DRINKS]),
        ("注文する", [s.FOODS, s.DRINKS, s.GOODS]),
        ("借り|る", [s.GOODS]),
        ("返す", [s.GOODS]),
        ("忘れ|る", [s.GOODS]),
        ("落とす", [s.GOODS]),
        ("修理する", [s.GOODS]),
        ("洗う", [s.GOODS]),
        ("運ぶ", [s.GOODS, s.FOODS]),
        ("習う", [s.SPORTS, s.SUBJECTS]),
        ("教え|る", [s.SPORTS, s.SUBJECTS]),
        ("練習する", [s.SPORTS]),
        ("勉強する", [s.SUBJECTS]),
        ("見かけ|る", [s.ANIMALS, s.RELATIVES]),
        ("飼う", [s.ANIMALS]),
        ("運転する", [s.VEHICLES]),
        ("待つ", [s.VEHICLES, s.RELATIVES]),
        ("作る", [s.FOODS]),
        ("焼く", [s.FOODS]),
        ("送る", [s.GOODS, s.FOODS]),
        ("選ぶ", [s.GOODS, s.FOODS, s.COLORS]),
        ("探す", [s.GOODS, s.ANIMALS]),
        ("手伝う", [s.EVENTS]),
        ("見学する", [s.EVENTS, s.PLACES]),
        ("予約する", [s.EVENTS, s.VEHICLES]),
        ("準備する", [s.EVENTS, s.GOODS]),
        ("片付け|る", [s.GOODS, s.PLACES]),
        ("受け取る", [s.GOODS]),
        ("確認する", [s.GOODS, s.EVENTS]),
        ("配る", [s.GOODS, s.FOODS]),
    )
)


def deed(rng: random.Random, cast: Cast) -> Fact:
    """Tell that someone did something, somewhere, at some time, with somebody.

    Sometimes a second deed, a contrast or a deed that was not done follows.
    """
    who = cast.someone(rng)
    act, lists = rng.choice(_DEEDS)
    what = cast.thing(rng, *lists)
    time, particle = s.when(rng)
    values = {
        "who": who,
        "what": what,
        "time": time,
        "place": cast.thing(rng, s.PLACES, s.TOWNS, open_share=0.12),
        "mate": s.person(rng),
        "other": cast.thing(rng, *lists),
        "count": s.counted(rng)[0],
    }
    adjuncts = [
        ("time", "{time}" + particle, 0.55),
        ("place", "{place}で", 0.6),
        ("mate", "{mate}と" + rng.choice(("", "一緒に")), 0.3),
    ]
    used = [(slot, text) for slot, text, share in adjuncts if rng.random() < share]
    rng.shuffle(used)
    middle = rng.choice(("", "、")).join(text for _, text in used)
    goal = rng.choice(("{what}を", "{what}を", "{what}を", "{other}ではなく{what}を", "{other}はやめて{what}を"))
    politely = rng.random() < 0.6
    comma = rng.choice(("、", ""))
    close = act.polite_past if politely else act.past
    head = rng.choice(("{who}は", "{who}は", "{who}が"))
    template = f"{head}{comma}{middle}{goal}{close}。"
    if rng.random() < 0.12 and used:
        template = f"{middle}{head}{comma}{goal}{close}。"
    questions = _deed_questions(act, [slot for slot, _ in used], values, rng)
    shape = rng.random()
    if shape < 0.2:
        return _with_second_deed(rng, cast, f"{head}{comma}{middle}{goal}{act.te}、", values, questions)
    if shape < 0.32:
        values["rival"], values["rivals"] = s.person(rng), cast.thing(rng, *lists)
        link = "が" if politely else rng.choice(("が", "けれど"))
        template = template[:-1] + f"{link}、{{rival}}は{{rivals}}を{close}。"
        questions["rivals"] = (f"{{rival}}は何を{rng.choice(act.asked)}", f"{{rival}}が{act.past}のは何~")
        questions["rival"] = (f"{{rivals}}を{act.past}のは誰~",)
    return fill(template, values, questions, rng)


def _deed_questions(
    act: Verb, used: list[str], values: dict[str, str], rng: random.Random
) -> dict[str, tuple[str, ...]]:
    parts = {"time": rng.choice(("{time}に", "{time}、")), "place": "{place}で", "mate": "{mate}と"}

    def known(*without: str) -> str:
        return "".join(parts[slot] for slot in used if slot not in without and rng.random() < 0.5)

    asked, past = rng.choice(act.asked), act.past
    return {
        "what": (
            f"{{who}}は{known()}何を{asked}",
            f"{{who}}が{known()}{past}のは何~",
            f"{{who}}が{known()}{past}ものは何~",
            f"{known()}{{who}}が{past}のは何~",
        ),
        "who": (
            f"{known()}{{what}}を{past}のは誰~",
            f"誰が{known()}{{what}}を{asked}",
            f"{{what}}を{past}人は誰~",
        ),
        "time": (
            f"{{who}}が{known('time')}{{what}}を{past}のはいつ~",
            f"{{who}}はいつ{{what}}を{asked}",
            f"いつ{{what}}を{asked}",
        ),
        "place": (
            f"{{who}}はどこで{{what}}を{asked}",
            f"{{who}}が{known('place')}{{what}}を{past}のはどこ~",
            f"{{what}}を{past}場所はどこ~",
            f"どこで{{what}}を{asked}",
        ),
        "mate": (
            f"{{who}}は誰と{{what}}を{asked}",
            f"{{who}}が一緒に{{what}}を{past}のは誰~",
        ),
    }


def _with_second_deed(
    rng: random.Random,
    cast: Cast,
    opening: str,
    values: dict[str, str],
    questions: dict[str, tuple[str, ...]],
) -> Fact:
    """Continue the sentence with another deed at another place."""
    act, lists = rng.choice(_DEEDS)
    values |= {
        "then": rng.choice(("そのあと", "それから", "最後に", "帰りに", "")),
        "place2": cast.thing(rng, s.PLACES, s.TOWNS, open_share=0.12),
        "what2": cast.thing(rng, *lists),
    }
    questions |= {
        "place2": (
            f"{{who}}はどこで{{what2}}を{rng.choice(act.asked)}",
            f"{{what2}}を{act.past}のはどこ~",
        ),
        "what2": (
            f"{{who}}が{{place2}}で{act.past}のは何~",
            f"{{who}}は{{place2}}で何を{rng.choice(act.asked)}",
        ),
    }
    close = rng.choice((act.past, act.polite_past))
    return fill(f"{opening}{{then}}{{place2}}で{{what2}}を{close}。", values, questions, rng)
