"""Makers of facts. Each takes a random generator, the cast of the text and a pool of open-vocabulary nouns."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from training.examples.everyday import slots as s
from training.examples.everyday.facts import Fact, fill
from training.examples.everyday.verbs import Verb, verb

_Noun = Callable[[random.Random], str]


@dataclass(frozen=True, slots=True)
class Cast:
    """Who the text is about, and nouns that no list holds."""

    people: tuple[str, ...]
    pool: tuple[str, ...]

    def someone(self, rng: random.Random) -> str:
        return rng.choice(self.people)

    def thing(self, rng: random.Random, *lists: list[str], open_share: float = 0.3) -> str:
        if self.pool and rng.random() < open_share:
            return rng.choice(self.pool)
        return rng.choice(rng.choice(lists))


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
    """Someone did something, somewhere, some time, with somebody; at times a second deed, a contrast or what was not
    done.
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
    """... te, then another deed at another place."""
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
    """`The X of A is B`, of one or two people, told positively or against a wrong guess."""
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


def appointment(rng: random.Random, cast: Cast) -> Fact:
    """An event with its date, hour, place, host, fee and number of people, in one sentence or several."""
    event = cast.thing(rng, s.EVENTS, open_share=0.1)
    number, how_many = s.counted(rng)
    values = {
        "event": event,
        "day": rng.choice((s.date(rng), rng.choice(s.DAYS), "来週の" + rng.choice(s.DAYS))),
        "old": s.date(rng),
        "begin": s.clock(rng),
        "finish": s.clock(rng),
        "place": cast.thing(rng, s.PLACES, open_share=0.15),
        "host": s.person(rng),
        "fee": s.money(rng),
        "child": s.money(rng),
        "people": f"{rng.randint(3, 400)}人",
        "bring": cast.thing(rng, s.GOODS, open_share=0.2),
        "number": number,
    }
    pieces = rng.sample(
        (
            "{event}は{day}に{place}で行われます。",
            "{event}は{day}の{begin}から{place}であります。",
            "{event}は{begin}に始まり、{finish}に終わります。",
            "{event}の担当は{host}です。",
            "{event}の参加費は、大人は{fee}、子どもは{child}です。",
            "{event}には{people}が参加する予定です。",
            "{event}に出る人は{bring}を持ってきてください。",
            "当初{old}の予定だった{event}は、{day}に変更されました。",
            "{event}では{number}を配ります。",
            "{event}の申し込みは{host}まで、締め切りは{old}です。",
        ),
        rng.randint(1, 3),
    )
    template = "".join(pieces)
    if len(pieces) > 1 and rng.random() < 0.4:  # the event is named once
        first, rest = pieces[0], "".join(pieces[1:])
        template = first + rest.replace("{event}の", "").replace("{event}は", "").replace("{event}には", "").replace(
            "{event}では", "当日は"
        ).replace("{event}に出る", "出る")
    questions = {
        "day": ("{event}はいつ~", "{event}が行われるのはいつ~", "{event}は何日に行われますか"),
        "begin": ("{event}は何時に始まりますか", "{event}は何時から~", "{event}の開始時刻は"),
        "finish": ("{event}は何時に終わりますか", "{event}は何時まで~"),
        "place": ("{event}はどこで行われますか", "{event}の場所はどこ~", "{event}の会場は"),
        "fee": ("{event}の大人の参加費はいくら~", "大人はいくら~"),
        "child": ("子どもの参加費はいくら~", "{event}は子どもだといくら~"),
        "people": ("{event}に参加するのは何人~", "{event}の参加者は何人~"),
        "bring": ("{event}に持っていくものは何~", "何を持っていけばいいですか"),
        "number": (f"{{event}}で配るのは{how_many}~",),
    }
    if "担当" in template:
        questions["host"] = ("{event}の担当は誰~", "{event}は誰が担当しますか")
    elif "申し込み" in template:
        questions["host"] = ("{event}の申し込みは誰にしますか", "誰に申し込めばいいですか")
    if "当初" not in template and "締め切り" in template:
        questions["old"] = ("{event}の締め切りはいつ~", "いつまでに申し込みますか")
    elif "当初" in template and "締め切り" not in template:
        questions["old"] = ("{event}はもともといつの予定でしたか", "変更前の{event}の日はいつ~")
    return fill(template, values, questions, rng)


def shopping(rng: random.Random, cast: Cast) -> Fact:
    """Goods with their prices, colours, makers; several of a kind, so that the right one has to be picked."""
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


def reason(rng: random.Random, cast: Cast) -> Fact:
    """Because of this, that; asked for the cause or for what was done."""
    values = {
        "who": cast.someone(rng),
        "why": rng.choice(s.REASONS),
        "so": rng.choice(s.RESULTS),
        "time": rng.choice(s.RELATIVE_TIMES),
    }
    stem = values["so"].removesuffix("ました")
    values["did"] = stem + "ました"
    link = rng.choice(("ため", "ので", "から"))
    template = rng.choice(
        ("{time}、{why}" + link + "、{who}は{so}。", "{who}は{why}" + link + "、{so}。", "{why}" + link + "、{so}。")
    )
    whose = "{who}は" if "{who}" in template else ""
    questions: dict[str, tuple[str, ...]] = {
        "why": (f"なぜ{whose}{{so}}か", f"{whose}どうして{{so}}か", "{so}が、その理由は何~"),
    }
    if rng.random() < 0.4:
        questions = {"so": (f"{{why}}{link}{whose}どうしましたか", f"{{why}}とき、{whose}どうしましたか")}
    return fill(template, values, questions, rng)


def rule(rng: random.Random, cast: Cast) -> Fact:
    """What to do when; traffic rules, notices, instructions. The answer is a clause."""
    values = {
        "when": rng.choice(s.CONDITIONS),
        "do": rng.choice(s.ACTIONS),
        "when2": rng.choice(s.CONDITIONS),
        "do2": rng.choice(s.ACTIONS),
    }
    link = rng.choice(("ときは", "場合は", "ときには"))
    close = rng.choice(
        ("。", "こと。", "必要があります。", "ようにしましょう。", "のが基本です。", "ことになっています。")
    )
    template = f"{{when}}{link}、{{do}}{close}"
    questions = {
        "do": (
            "{when}ときはどうしますか",
            "{when}場合、どうすればよいですか",
            "{when}ときにするべきことは何~",
            "{when}ときは何をしますか",
        ),
        "when": ("{do}のはどんなとき~", "どんなときに{do}のですか", "どのような場合に{do}か"),
    }
    if rng.random() < 0.35:
        template += f"{{when2}}{link}、{{do2}}{close}"
        questions["do2"] = ("{when2}ときはどうしますか", "{when2}場合は何をしますか")
    return fill(template, values, questions, rng)


_GIVEN_TO = ("渡す", "貸す", "贈る", "預け|る", "見せ|る", "頼む")
_GOT_FROM = ("もらう", "借り|る")
_GIVING = (
    *((verb(v), "に", "誰に") for v in _GIVEN_TO),
    *((verb(v), "から", "誰から") for v in _GOT_FROM),
)


def gift(rng: random.Random, cast: Cast) -> Fact:
    """One gives another a thing: two people and a direction to keep apart."""
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


def journey(rng: random.Random, cast: Cast) -> Fact:
    """From here to there by this, taking so long."""
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
