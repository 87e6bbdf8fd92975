"""Appointments: an event with its date, time, place, host and fee."""

import random

from training.examples.everyday import slots as s
from training.examples.everyday.cast import Cast
from training.examples.everyday.facts import Fact, fill


def appointment(rng: random.Random, cast: Cast) -> Fact:
    """Tell an event's date, time, place, host, fee and number of people, in one to three sentences."""
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
    if len(pieces) > 1 and rng.random() < 0.4:  # name the event only once
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
