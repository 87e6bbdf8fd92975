"""Find what can be asked about a sentence: noun phrases with their kind, and chunk boundaries.

Works on morphemes: a surface and a bit set (``Class``) each, made from the part-of-speech table of a packed corpus.
"""

import re
from dataclasses import dataclass
from enum import IntFlag, StrEnum


class Class(IntFlag):
    """The roles of a morpheme in a phrase or chunk."""

    NOUN = 1
    NUMBER = 2
    COUNTER = 4
    PERSON = 8
    PLACE = 16
    GROUP = 32
    PREFIX = 64
    VERB = 128  # independent verbs and adjectives
    AUXILIARY = 256
    PARTICLE = 512
    TOPIC = 1024
    CONNECTIVE = 2048  # connective particles: te, ga, node
    GENITIVE = 4096
    COMMA = 8192
    PERIOD = 16384
    OPEN = 32768
    CLOSE = 65536
    MODIFIER = 131072  # adverbs, adnominals, conjunctions
    CONTINUATIVE = 262144  # a verb form that does not end a clause
    WEAK = 524288  # nouns that are no answers: koto, mono, tame, sore
    CASE = 1048576


class Kind(StrEnum):
    """What a phrase names."""

    WHEN = "when"
    COUNT = "count"
    WHO = "who"
    WHERE = "where"
    GROUP = "group"
    WHAT = "what"


@dataclass(frozen=True, slots=True)
class Phrase:
    """Morphemes [first, last) of a sentence."""

    first: int
    last: int
    kind: Kind


def class_flags(names: list[str]) -> list[int]:
    """Return one bit set for each entry of a part-of-speech table (``pos1,pos2,pos3``)."""
    return [int(_flags(*name.split(",")[:3])) for name in names]


def _flags(first: str, second: str, third: str) -> Class:
    match first:
        case "名詞":
            return _noun(second, third)
        case "接頭詞":
            return Class.PREFIX
        case "動詞" | "形容詞":
            own = Class.VERB if second == "自立" else Class.AUXILIARY
            return own | (Class.CONTINUATIVE if third == "連用形" else Class(0))
        case "助動詞":
            return Class.AUXILIARY
        case "助詞":
            special = {
                "係助詞": Class.TOPIC,
                "接続助詞": Class.CONNECTIVE,
                "連体化": Class.GENITIVE,
                "格助詞": Class.CASE,
            }
            return Class.PARTICLE | special.get(second, Class(0))
        case "副詞" | "連体詞" | "接続詞" | "感動詞":
            return Class.MODIFIER
        case "記号":
            special = {
                "読点": Class.COMMA,
                "句点": Class.PERIOD,
                "括弧開": Class.OPEN,
                "括弧閉": Class.CLOSE,
                "アルファベット": Class.NOUN,
            }
            return special.get(second, Class(0))
    return Class(0)


def _noun(second: str, third: str) -> Class:
    if second in ("非自立", "代名詞", "特殊", "接続詞的", "動詞非自立的"):
        return Class.WEAK
    if second == "数":
        return Class.NOUN | Class.NUMBER
    if second == "接尾" and third == "助数詞":
        return Class.NOUN | Class.COUNTER
    if second in ("固有名詞", "接尾"):
        owner = {"人名": Class.PERSON, "地域": Class.PLACE, "組織": Class.GROUP}
        return Class.NOUN | owner.get(third, Class(0))
    return Class.NOUN


_TIME = re.compile(r"(年間?|月|日|世紀|時間?|分|秒|頃|ころ|年代|期|年末|初頭|半ば|前半|後半|週間|前|後|年度|元年)$")
_TIME_WORD = re.compile(r"(時代|年末|初頭|朝|夜|春|夏|秋|冬|昨日|今日|明日|曜日|現在|元年|夕方|正月|昼)$")
_TITLE = re.compile(r"(天皇|親王|上人|法師|大師|将軍|さん|先生|氏|王|公|博士|君|ちゃん|殿|卿|夫人|皇后)$")
_PLACE = re.compile(
    r"(寺|神社|県|市|町|村|国|島|山|川|区|駅|府|城|橋|公園|学校|大学|店|屋|湖|港|道|宮|院|館|園|通り|半島|地方|都)$"
)
_KANA = re.compile(r"[ぁ-んー]{1,3}")


def noun_phrases(surfaces: list[str], flags: list[int], max_chars: int = 18) -> list[Phrase]:
    """Return the maximal runs of nouns that make plausible answers; a middle dot inside is allowed."""
    found, i, n = list[Phrase](), 0, len(surfaces)
    part = Class.NOUN | Class.PREFIX
    while i < n:
        if not flags[i] & part:
            i += 1
            continue
        j = i
        while j < n and (flags[j] & part or (surfaces[j] in "・＝=" and j + 1 < n)):
            j += 1
        last = j
        while last > i and (not flags[last - 1] & Class.NOUN):
            last -= 1
        text = "".join(surfaces[i:last])
        verbal = j < n and flags[j] & (Class.VERB | Class.AUXILIARY) and surfaces[j][0] in "さしすせで"
        if verbal and flags[j] & Class.AUXILIARY and surfaces[j][0] == "で":
            verbal = False  # de aru: the phrase is a predicate, not a verb stem
        if last > i and len(text) <= max_chars and not verbal and not _KANA.fullmatch(text):
            found.append(Phrase(i, last, _kind(text, flags[i:last])))
        i = max(j, i + 1)
    return found


def _kind(text: str, flags: list[int]) -> Kind:
    number = any(f & Class.NUMBER for f in flags)
    if (number and _TIME.search(text)) or (len(text) <= 6 and _TIME_WORD.search(text)):
        return Kind.WHEN
    if number:
        return Kind.COUNT
    if _TITLE.search(text) or flags[-1] & Class.PERSON:
        return Kind.WHO
    if flags[-1] & Class.PLACE or _PLACE.search(text):
        return Kind.WHERE
    if flags[-1] & Class.GROUP:
        return Kind.GROUP
    return Kind.WHO if any(f & Class.PERSON for f in flags) and len(text) <= 6 else Kind.WHAT


def widen(surfaces: list[str], flags: list[int], phrase: Phrase, max_chars: int = 22) -> Phrase:
    """Add the quotation marks around the phrase, or the noun before a ``no``."""
    first, last = phrase.first, phrase.last
    if first and last < len(surfaces) and surfaces[first - 1] in "「『" and surfaces[last] in "」』":
        return Phrase(first - 1, last + 1, Kind.WHAT)
    if first >= 2 and flags[first - 1] & Class.GENITIVE and flags[first - 2] & Class.NOUN:
        start = first - 2
        while start and flags[start - 1] & (Class.NOUN | Class.PREFIX):
            start -= 1
        if len("".join(surfaces[start:last])) <= max_chars:
            return Phrase(start, last, phrase.kind)
    return phrase


def chunk_starts(surfaces: list[str], flags: list[int]) -> list[int]:
    """Return where the bunsetsu-like chunks of the morphemes begin; the first is always 0."""
    starts = [0] if surfaces else []
    opening = Class.NOUN | Class.PREFIX | Class.VERB | Class.MODIFIER | Class.WEAK | Class.OPEN
    closing = Class.PARTICLE | Class.AUXILIARY | Class.COMMA | Class.PERIOD | Class.MODIFIER | Class.VERB
    for i in range(1, len(surfaces)):
        before, here = flags[i - 1], flags[i]
        if here & opening and before & closing and not here & Class.WEAK:
            starts.append(i)
    return starts


def without_brackets(surfaces: list[str], flags: list[int], keep: tuple[int, int]) -> tuple[list[int], bool]:
    """Return the indices of the morphemes outside round brackets.

    The flag is False if a morpheme of ``keep`` [first, last) is inside brackets.
    """
    kept, depth, inside = list[int](), 0, False
    for i, surface in enumerate(surfaces):
        if surface in ("（", "("):
            depth += 1
        if depth == 0:
            kept.append(i)
        elif keep[0] <= i < keep[1]:
            inside = True
        if surface in ("）", ")", "）、", "）。"):
            depth = max(0, depth - 1)
    return kept, not inside
