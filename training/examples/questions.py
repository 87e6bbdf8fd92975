"""Make questions from sentences: remove a phrase and reword the rest into a question about it.

The question forms are those that people use: cleft (… no wa WH), in place (WH ga …), head noun (… shita basho wa),
definition, keywords and gap. Chunks are dropped, reordered and reworded at random, so a question rarely repeats its
sentence.
"""

import random
import re
from itertools import pairwise

from training.examples.phrases import Class, Kind, Phrase, chunk_starts, without_brackets
from training.examples.wording import ending, head_noun, interrogative, reword

_CONTENT = re.compile(r"[一-鿿ァ-ヶA-Za-z0-9]")
_PAST = {"り": "った", "ち": "った", "み": "んだ", "び": "んだ", "に": "んだ", "き": "いた", "ぎ": "いだ"}


def ask(
    surfaces: list[str],
    flags: list[int],
    phrase: Phrase,
    rng: random.Random,
    drop: float = 0.25,
    title: str = "",
) -> str | None:
    """Make a question about ``phrase``; None if no question can be made.

    ``drop`` is the share of chunks to leave out. With a ``title``, the question may name it if the sentence has no
    topic of its own.
    """
    answer = "".join(surfaces[phrase.first : phrase.last])
    kept, ok = without_brackets(surfaces, flags, (phrase.first, phrase.last))
    if not ok:
        return None
    before = [i for i in kept if i < phrase.first]
    after = [i for i in kept if i >= phrase.last]
    while after and flags[after[-1]] & (Class.PERIOD | Class.COMMA):
        after.pop()
    after, finite = _own_clause(flags, after)
    before = _own_beginning(surfaces, flags, before, rng)
    pre = _chunks(surfaces, flags, before)
    post = _chunks(surfaces, flags, after)
    pre = [c for c in pre if rng.random() >= drop]
    particle, post = _leading_particle(flags, after, surfaces, post)
    if len(post) > 1:
        post = [c for c in post[:-1] if rng.random() >= drop] + post[-1:]
    topic_given = any(flags[i] & Class.TOPIC for i in before)
    if title and answer not in title and not topic_given and rng.random() < 0.5:
        pre.insert(0, title + rng.choice(("は", "の", "の", "について、")))
    tail = surfaces[phrase.last - 1]
    question = _compose(answer, tail, phrase.kind, pre, particle, post, finite, flags, after, rng)
    if question is None:
        return None
    question = reword(question, rng).replace("、、", "、").strip("、, ")
    question = re.sub(r"^[はがをにでとのも、]", "", question)
    if not 5 <= len(question) <= 100 or answer in question:
        return None
    return question if len(_CONTENT.findall(question)) >= 3 else None


def _compose(
    answer: str,
    tail: str,
    kind: Kind,
    pre: list[str],
    particle: str,
    post: list[str],
    finite: bool,
    flags: list[int],
    after: list[int],
    rng: random.Random,
) -> str | None:
    wh = interrogative(kind, answer, tail, rng)
    form = rng.random()
    if form < 0.03:
        gap = rng.choice(("〇〇", "○○", "（　）", "___"))
        instruction = rng.choice(("。" + gap + "に入る言葉は何か", "。" + gap + "に入るのは?", "。空欄に入る語は?"))
        return "".join(pre) + gap + particle + "".join(post) + instruction
    predicate = "".join(post)
    ends_verbal = bool(after) and bool(flags[after[-1]] & (Class.VERB | Class.AUXILIARY | Class.CONNECTIVE))
    if not predicate or particle in ("は", "とは", "も"):
        return _definition(answer, wh, pre, particle, predicate, rng)
    if not finite:
        predicate = _finite(predicate)
    if form < 0.50 and ends_verbal:
        body = _subject(pre, rng) + _plain(predicate)
        if rng.random() < 0.35:
            return body + head_noun(kind, answer, tail, rng) + ending(wh, rng, bare=0.35)
        return body + ("のは" if rng.random() < 0.92 else "のって") + ending(wh, rng, bare=0.06)
    if form < 0.88:
        close = rng.choice(("か", "?", "か?", "", "か。", "のか", "のか?", "のですか?", "のでしょうか?", "？", "の？"))
        if predicate.endswith(("だ", "である")):
            predicate = re.sub(r"(だ|である)$", "", predicate)
            close = rng.choice(("か", "ですか?", "でしょうか", "なのか?"))
        return "".join(pre) + wh + particle + predicate + close
    keys = [re.sub(r"[、。,は]+$", "", c) for c in pre + post if _CONTENT.search(c)]
    if not keys:
        return None
    if rng.random() < 0.4:
        rng.shuffle(keys)
    keys = keys[: rng.randint(1, 5)]
    text = "".join(keys) if rng.random() < 0.8 else "、".join(keys)
    return re.sub(r"(が|を|に|で|と|も|の)$", "", text) + head_noun(kind, answer, tail, rng) + ending(wh, rng, bare=0.5)


def _definition(answer: str, wh: str, pre: list[str], particle: str, predicate: str, rng: random.Random) -> str | None:
    """Ask for A or for B in ``A wa B de aru``: the phrase is the topic or the predicate."""
    if not predicate:
        body = "".join(pre)
        if not re.search(r"(は|とは|が)[、]?$", body):
            return body + wh + rng.choice(("か", "ですか?", "でしょうか", "?", "")) if pre else None
        return body.rstrip("、") + ending(wh, rng)
    body = "".join(pre) + re.sub(r"(である|だ|です|であった|だった)$", "", predicate)
    if rng.random() < 0.5:
        return wh + rng.choice(("が", "は")) + "".join(pre) + predicate + rng.choice(("か", "か?", "?", ""))
    joiner = "のは" if re.search(r"(た|る|い|う|く|す|つ|む|ぶ|ぐ)$", body) else rng.choice(("なのは", "は", "とは"))
    return body + joiner + ending(wh, rng)


def _subject(pre: list[str], rng: random.Random) -> str:
    """Join the chunks before the phrase; in a clause, the topic becomes the subject."""
    body = "".join(pre).rstrip("、, ")
    return (
        re.sub(r"(?<![でにとへも])は(?=.{2,}|$)", "が" if rng.random() < 0.85 else "の", body, count=1)
        if rng.random() < 0.8
        else body
    )


def _plain(predicate: str) -> str:
    predicate = re.sub(r"(である|だ|です)$", "である", predicate)
    return re.sub(r"ます$", "る", re.sub(r"ました$", "た", predicate))


def _finite(predicate: str) -> str:
    """Turn a clause's linking form into a past form: rough, but rarely misread."""
    predicate = predicate.rstrip("、, ")
    if predicate.endswith(("て", "で")):
        return predicate[:-1] + ("た" if predicate.endswith("て") else "だ")
    if predicate.endswith(("が", "ため", "ので", "から", "ば", "と")):
        return re.sub(r"(が|ため|ので|から|ば|と)$", "", predicate)
    return predicate[:-1] + _PAST[predicate[-1]] if predicate[-1:] in _PAST else predicate + "た"


def _own_clause(flags: list[int], after: list[int]) -> tuple[list[int], bool]:
    """Return the morphemes up to the end of the phrase's clause; True if the sentence ends there."""
    for position in range(1, len(after)):
        if flags[after[position]] & Class.COMMA:
            before = flags[after[position - 1]]
            if before & (Class.CONNECTIVE | Class.CONTINUATIVE):
                return after[:position], False
    return after, True


def _own_beginning(surfaces: list[str], flags: list[int], before: list[int], rng: random.Random) -> list[int]:
    """Return the topic and the beginning of the phrase's own clause; the clauses between are mostly dropped."""
    cut = topic = 0
    for position, i in enumerate(before):
        if flags[i] & Class.TOPIC and surfaces[i] == "は" and not topic:
            topic = position + 1
        linked = position and flags[before[position - 1]] & (Class.CONNECTIVE | Class.CONTINUATIVE)
        if flags[i] & Class.COMMA and linked:
            cut = position + 1
    if not cut or rng.random() < 0.2:
        return before
    return before[: topic if topic <= cut else 0] + before[cut:]


def _chunks(surfaces: list[str], flags: list[int], kept: list[int]) -> list[str]:
    words, marks = [surfaces[i] for i in kept], [flags[i] for i in kept]
    starts = chunk_starts(words, marks)
    return ["".join(words[a:b]) for a, b in pairwise([*starts, len(words)])]


def _leading_particle(
    flags: list[int], after: list[int], surfaces: list[str], post: list[str]
) -> tuple[str, list[str]]:
    """Separate the particle that marks the phrase from the chunks that follow it."""
    count = 0
    while count < len(after) and flags[after[count]] & Class.PARTICLE:
        count += 1
    particle = "".join(surfaces[i] for i in after[:count])
    if not post or not count:
        return particle, post
    first = post[0][len(particle) :].lstrip("、")
    return particle, ([first] if first else []) + post[1:]
