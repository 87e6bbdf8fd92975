"""Manuals of products that do not exist, and questions in a form of their own: a domain that no checkpoint knows."""

import random

from tests.support.paragraphs import paragraph
from training.data.qa_data import Paragraph

_NAMES = ("ルミナ", "カゼマル", "ミズハ", "ソラネ", "コトリ", "ヒビキ", "タマユラ", "アカネ", "ナギサ", "ホタル")
_KINDS = ("加湿器", "炊飯器", "掃除ロボット", "録音機", "温度計", "投影機")
_STATES = ("赤く点滅した", "異音がした", "画面が消えた", "動かなくなった", "においがした", "水が漏れた")
_ACTIONS = (
    "電源を切って十分待つ",
    "ふたを閉め直す",
    "給水タンクを洗う",
    "販売店に連絡する",
    "フィルターを交換する",
    "本体を平らな場所に置く",
    "充電台に戻す",
    "設定を初期化する",
)
_ROOMS = ("受付", "開発部", "品質課", "相談室", "修理係", "倉庫")
_PER_MANUAL = 5


def make_manuals(questions: int, seed: int) -> list[Paragraph]:
    """Manuals with `questions` questions in all, the same for the same seed."""
    rng = random.Random(seed)
    return [_manual(rng) for _ in range(questions // _PER_MANUAL)]


def _manual(rng: random.Random) -> Paragraph:
    name, room, extension = f"{rng.choice(_NAMES)}{rng.randint(10, 99)}", rng.choice(_ROOMS), rng.randint(1000, 9999)
    (first, second), (wait, act) = rng.sample(_STATES, 2), rng.sample(_ACTIONS, 2)
    watts, months = rng.randint(5, 90) * 10, rng.randint(2, 18)
    context = (
        f"{name}は{rng.choice(_KINDS)}である。消費電力は最大{watts}ワット（待機時{rng.randint(1, 4)}ワット）である。"
        f"{first}ときは、{wait}こと。{second}ときは、{act}こと。表示E{rng.randint(10, 99)}は点検の時期を知らせる。"
        f"保証は購入から{months}か月で、問い合わせは{room}（内線{extension}）が受ける。"
    )
    questions = [
        (f"{name}が{first}ときの手順", f"{wait}こと"),
        (f"{name}が{second}ときの手順", f"{act}こと"),
        (f"{name}の問い合わせ先", f"{room}（内線{extension}）"),
        (f"{name}の電力", f"最大{watts}ワット"),
        (f"{name}の保証期間", f"購入から{months}か月"),
    ]
    return paragraph(name, context, *questions)
