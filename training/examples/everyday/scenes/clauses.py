"""Reasons and rules: facts whose answer is a clause."""

import random

from training.examples.everyday import slots as s
from training.examples.everyday.cast import Cast
from training.examples.everyday.facts import Fact, fill


def reason(rng: random.Random, cast: Cast) -> Fact:
    """Tell a cause and its effect; the question asks for either."""
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
    """Tell what to do when: traffic rules, notices, instructions."""
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
