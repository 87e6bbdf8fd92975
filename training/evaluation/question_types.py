"""The type of a Japanese question, by its interrogative."""

import re
from enum import StrEnum


class QuestionType(StrEnum):
    """Question types, named by their interrogative."""

    WHEN = "いつ"
    WHERE = "どこ"
    WHO = "誰"
    WHAT = "何"
    HOW_MANY = "いくつ・数"
    WHY_HOW = "なぜ・どう"
    OTHER = "other"


# Tried in this order: 何年 is a time, 何人 a number; any other 何 is a thing.
_PATTERNS = (
    (QuestionType.WHY_HOW, r"なぜ|何故|どうして|理由|どのように|どうやっ|どうすれ|どうする|どうなっ|どうなり|何のため"),
    (
        QuestionType.WHEN,
        r"いつ(?!も)|[何なん](年(?!間|目|生)|月(?!間)|日(?!間)|時(?!間)|曜日?|世紀|時代)|西暦|どの(時代|時期|年|季節)"
        r"|(時期|年月日|日付|年代)[はも]?[?？。]?$",
    ),
    (
        QuestionType.WHO,
        r"誰|だれ|どなた|何者|何という(人|方)|どの(人物|人)|どんな(人物|人)|(人物|(?<!何)人|人名|者)は?[?？。]?$",
    ),
    (
        QuestionType.WHERE,
        r"どこ|何処|どちら|(何|どの|何という)(国(?!籍)|県|都道府県|都市|市|町|村|州|区|地方|地域|島|駅|大陸|方角)|(場所|地名|所在地)は?[?？。]?$",
    ),
    (
        QuestionType.HOW_MANY,
        r"いくつ|いくら|どのくらい|どれくらい|どれほど|どの程度|何(人|個|つ|回|度|枚|本|冊|匹|頭|台|円|歳|才|年間|日間|時間|か月|ヶ月|ヵ月|週間|倍|割"
        r"|番|位|種類|種|km|キロ|メートル|センチ|グラム|トン|リットル|パーセント|%|％|ヘクタール|平方|名|か国|カ国|ヶ国|か所|カ所|ヶ所|点|代目|年目"
        r"|分の|分(?!野)|万|億|文字|行|階|層|試合|勝|隻|両|機|社|校|曲|作|話|段)|(数|値|面積|人口|割合|高さ|長さ|距離|金額)は?[?？。]?$",
    ),
    (QuestionType.WHAT, r"何|なに|なん(?=と|で|の|だ|です)|どの|どんな|どれ|どういう|どういった"),
)
_COMPILED = tuple((kind, re.compile(pattern)) for kind, pattern in _PATTERNS)


def question_type(question: str) -> QuestionType:
    """Return the type of ``question``; OTHER if it has no known interrogative."""
    return next((kind for kind, pattern in _COMPILED if pattern.search(question)), QuestionType.OTHER)
