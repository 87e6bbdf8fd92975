"""Interrogatives, question endings and synonyms."""

import random
import re

from training.examples.phrases import Kind

_COUNTER = re.compile(
    r"[0-9０-９〇一二三四五六七八九十百千万億.,，]([^0-9０-９〇一二三四五六七八九十百千万億.,，]{1,3})$"
)

_GROUPS = """
誕生した 生まれた 生を受けた / 亡くなった 死去した 没した 死亡した 他界した /
建てられた 建設された 建造された 造られた 築かれた / 設立された 創設された 創立された 作られた 発足した /
設立した 創設した 創立した 立ち上げた 興した / 作られた 製作された 制作された 生み出された /
有名 著名 知られている / 多い 多数である たくさんある / 行われる 実施される 催される 開かれる /
行われた 実施された 催された 開かれた / 始まった 開始された スタートした / 始めた 開始した /
終わった 終了した / 位置する 所在する / 呼ばれる 言われる 称される / 呼ばれている 言われている 称されている /
と呼ばれる といわれる / 用いられる 使われる 使用される 利用される / 用いる 使う 使用する 利用する /
述べた 語った 言った 話した / 発表した 公開した 公表した / 務めた 担当した 担った /
属する 含まれる 分類される / 現在 いま / 主に 主として おもに / 受賞した 獲得した 得た / 卒業した 修了した /
出身 生まれ / 製造 生産 製作 / 建築 建設 建造 / 大きな 大きい / 近く 付近 そば / 理由 わけ 原因 /
目的 ねらい 意図 / 改名した 名を変えた 改称した / 移った 移転した 移動した / 結婚した 嫁いだ 夫婦になった /
死去 最期 / 戦い 合戦 / 敗れた 負けた 敗北した / 勝った 勝利した 破った / 命じた 命令した 指示した /
含む 含める / 示す 表す 意味する / 書いた 著した 執筆した 記した / 描いた 書いた 描写した /
与えた 授けた 贈った / 登場する 出てくる 現れる / 登場した 現れた / 増えた 増加した / 減った 減少した /
決めた 決定した 定めた / 完成した できあがった 出来た / 放送された 放映された /
出版された 刊行された 発行された / 発売された 売り出された / 参加した 加わった 出場した /
就任した なった 就いた / 辞任した 辞めた 退いた / 廃止された なくなった 取りやめになった /
変更された 変わった 改められた / 異なる 違う / 人々 人たち 人びと / 国々 諸国 / 子ども 子供 /
方法 やり方 手段 / 場所 地点 / 内容 中身 / 特徴 特色 / 影響 感化 / 関係 関わり つながり / 必要 不可欠 /
可能 できる / 当時 その頃 その当時 / 後に のちに その後 / 全て すべて 全部 / 初めて はじめて 最初に /
一部 一部分 / 様々な いろいろな 色々な / 主要な 主な おもな
"""


def _others() -> dict[str, list[str]]:
    table: dict[str, list[str]] = {}
    for group in _GROUPS.split("/"):
        words = group.split()
        for word in words:
            table.setdefault(word, []).extend(other for other in words if other != word)
    return table


_OTHERS = _others()
_ANY = re.compile("|".join(sorted(map(re.escape, _OTHERS), key=len, reverse=True)))


def reword(text: str, rng: random.Random, share: float = 0.3) -> str:
    """Replace some words of ``text`` with synonyms."""
    return _ANY.sub(lambda m: rng.choice(_OTHERS[m.group()]) if rng.random() < share else m.group(), text)


def interrogative(kind: Kind, answer: str, tail: str, rng: random.Random) -> str:
    """Choose the interrogative for ``answer``, whose last morpheme is ``tail``."""
    last = answer[-1:]
    match kind:
        case Kind.WHEN:
            choices = ["いつ"] * 6 + ["いつごろ", "いつ頃", "何時" if last in "時分" else "いつ"]
            if last in "年月日" and not answer.endswith(("世紀", "時代")):
                choices += ["何" + last] * 3 + ["西暦何年"] * (last == "年") + ["何年何月"] * (last == "月")
            elif answer.endswith("世紀"):
                choices += ["何世紀"] * 4
            elif answer.endswith("時代"):
                choices += ["何時代", "どの時代", "何時代"] * 2
            elif answer.endswith(("年間", "時間", "日間", "か月", "週間", "分")):
                choices = ["どのくらい", "どれくらい", "何" + answer[-2:], "どれくらいの期間"]
        case Kind.COUNT:
            counter = _COUNTER.search(answer)
            choices = ["いくつ", "どのくらい", "どれくらい", "いくら"]
            if counter:
                choices += ["何" + counter.group(1)] * 8
        case Kind.WHO:
            choices = ["誰"] * 8 + ["だれ", "どなた", "何という人物", "何という人", "どんな人物", "何"]
        case Kind.WHERE:
            choices = ["どこ"] * 8 + ["何", "何処", "どちら"]
            if last in "寺県市町村国島山川区駅府城橋店湖港館園":
                choices += [f"何{last}", f"どの{last}", f"何という{last}"]
        case Kind.GROUP:
            choices = ["何", "どこ", "何", "何という組織", "どの組織", "どこ"]
        case _:
            choices = ["何"] * 10 + ["なに", "どんなもの", "どのようなもの", "どれ", "何と呼ばれるもの", "何というもの"]
            if tail != answer:
                choices += [f"何{tail}", f"どんな{tail}", f"どの{tail}", f"何という{tail}"]
    return rng.choice(choices)


def head_noun(kind: Kind, answer: str, tail: str, rng: random.Random) -> str:
    """Choose a noun for the thing asked for, with its topic particle."""
    nouns = {
        Kind.WHEN: ("時期", "年", "日", "とき", "時", "年月日"),
        Kind.COUNT: ("数", "値", "数字", "量"),
        Kind.WHO: ("人物", "人", "人の名前", "人物の名前", "方", "者"),
        Kind.WHERE: ("場所", "ところ", "土地", "地名", "国", "場所の名前"),
        Kind.GROUP: ("組織", "団体", "会社", "組織名", "チーム"),
        Kind.WHAT: ("もの", "もの", "こと", "名前", "名称", "言葉", "ものの名前"),
    }[kind]
    noun = rng.choice(nouns)
    if kind is Kind.WHEN and answer[-1:] in "年日月":
        noun = answer[-1] if answer[-1] != "月" else "時期"
    elif kind is Kind.WHAT and tail != answer and rng.random() < 0.5:
        noun = tail
    elif kind is Kind.WHERE and _PLACE_END.search(answer) and rng.random() < 0.5:
        noun = answer[-1]
    return noun + ("は" if rng.random() < 0.93 else "って")


_PLACE_END = re.compile(r"[寺県市町村国島山川区駅城橋店湖港館園]$")
_ENDINGS = (
    "か", "か", "か", "か?", "か?", "か。", "ですか", "ですか?", "ですか?", "ですか?", "ですか。", "でしょうか",
    "でしょうか?", "", "?", "?", "？", "だったか", "でしたか", "でしたか?", "である?", "なのか", "なの?",
    "を答えよ", "か教えて", "か答えなさい", "だろうか",
)  # fmt: skip


def ending(wh: str, rng: random.Random, bare: float = 0.0) -> str:
    """Choose the interrogative with an ending.

    With probability ``bare`` the topic is followed by nothing but an optional question mark.
    """
    if rng.random() < bare:
        return rng.choice(("", "?", "？", "。"))
    comma = "、" if rng.random() < 0.06 else ""
    return comma + wh + rng.choice(_ENDINGS)
