"""Makes the golden files beside it: a sentencepiece model, and texts with the token ids that MLukeTokenizer gives them.

    python tests/golden/make_golden.py [DIRECTORY]      (needs transformers 4.57.6 and sentencepiece 0.2.3)

Both are deterministic: the same versions write the same bytes. Every text is made here, from the word lists and
sentence patterns below; none is taken from a data set.

``sentencepiece.bpe.model`` has the layout of the LUKE checkpoints: unigram, nmt_nfkc, dummy prefix, <unk> <s> </s>.
``tokenizer_cases.jsonl``: one ``{"kind", "text", "input_ids"}`` a line, without special tokens. The ids come from
``MLukeTokenizer(text, add_special_tokens=False)``. The kind ``special`` holds texts that spell a special token: the
tokenizer would parse them, which a server must not do with a user's text, so these ids are taken with
``split_special_tokens=True``. All of them are compared with plain sentencepiece as they are written.
"""

# ruff: noqa: E501, SIM905  (word lists and texts, kept dense)
import io
import json
import random
import sys
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import sentencepiece
import transformers

HERE = Path(__file__).parent
PIECES = 2400
MODEL_FILE, CASES_FILE = "sentencepiece.bpe.model", "tokenizer_cases.jsonl"
ENTITY_VOCAB = {"[MASK]": 0, "[UNK]": 1, "[PAD]": 2, "[MASK2]": 3}

PEOPLE = "私 彼 彼女 祖父 祖母 先生 学生 医者 店長 運転手 船長 農家 画家 作家 大工 記者 職人 子供 友人 隣人 市長 漁師".split()
PLACES = (
    "東京 大阪 京都 札幌 仙台 横浜 名古屋 神戸 広島 福岡 那覇 青森 秋田 長野 金沢 高松 松山 熊本 駅前 公園 図書館 市場 "
    "学校 病院 空港 港 牧場 温泉 神社 城 橋 交差点 工場 博物館 動物園 海岸 山頂 川辺 商店街 郵便局"
).split()
THINGS = (
    "苺 林檎 蜜柑 桃 葡萄 西瓜 米 味噌汁 豆腐 納豆 うどん そば すし てんぷら おにぎり パン ケーキ コーヒー 紅茶 牛乳 "
    "自転車 自動車 電車 バス 船 飛行機 新聞 手紙 写真 絵 本 辞書 時計 眼鏡 傘 帽子 靴 かばん 机 椅子 窓 扉 ロボット "
    "コンピューター カメラ ピアノ ギター サッカー テレビ ラジオ インターネット プログラム 信号 速度 制限 標識 免許"
).split()
VERBS = (
    "食べる 飲む 買う 売る 作る 見る 読む 書く 聞く 話す 運ぶ 届ける 探す 見つける 直す 洗う 使う 借りる 返す 選ぶ 送る "
    "忘れる 覚える 教える 習う 始める 終える 開ける 閉める 楽しむ"
).split()
QUALITIES = "赤い 青い 白い 大きい 小さい 新しい 古い 安い 高い 甘い 静かな 有名な 便利な 大切な 美しい 珍しい".split()
MONTHS = [f"{month}月{day}日" for month in range(1, 13) for day in (1, 5, 14, 20, 28)]
WORDS = "the of and a question answer LUKE model Tokyo train bus station name year is in on to for from with".split()
# A first stock of single characters, so that not every kanji outside of the words is unknown.
CHARACTERS = (
    "一二三四五六七八九十百千万円時分秒年月日週曜上下左右中内外前後東西南北春夏秋冬朝昼夜晴雨雪風雲空海山川田森林花草木石土"
    "水火金銀人男女父母兄姉弟妹友名手足目耳口顔頭体心力気犬猫鳥魚虫牛馬車道駅店家門室国町村市県区社会語文字言話読書歌音楽"
    "数計算理科図工画形色黒茶黄緑丸角線点太細長短広多少強弱遠近同何今昨明毎週間半来行帰出入立走歩止休切引回考思知合当交通"
)
PATTERNS = (
    "{person}は{place}で{quality}{thing}を{verb}。",
    "{month}に{person}が{thing}を{verb}ことになった。",
    "{place}にある{thing}は{quality}ので、{person}もよく{verb}。",
    "「{thing}を{verb}のはなぜですか？」と{person}は聞いた。",
    "{place}から{place2}までは{number}キロメートルで、{number2}分かかる。",
    "{thing}と{thing2}のどちらが{quality}か、{person}には分からない。",
    "{number}年、{place}の{person}は{thing}（{word}）を{verb}仕事を始めました。",
    "もし{thing}がなければ、{thing2}を{verb}しかありません！",
    "{word} {word2} {number}: {thing}・{thing2}、{place}。",
    "この{thing}は{number}円です。{person}が好きなものは何でしょう。",
    "{person}と{person2}が住んでいる{place}では、{thing}が{verb}人に配られている。",
    "{place}の{thing}について、{person}は「とても{quality}」と述べている。",
)

SEEDS = (
    "私が住んでいた家の隣に苺を売る店がありました。",
    "時速60キロメートルで走る自動車は、何メートル手前で止まりますか？",
    "The train from 東京 to 大阪 takes 2 hours and 30 minutes.",
)
CASES: dict[str, list[str]] = {
    "edge": ["", " ", "　", "\n", "。", "あ", "A", "0", "▁", "▁▁", "▁苺▁", "-", "・", "ー", "゛", "「", "１", "苺", "苺苺苺", "a" * 200],
    "compatibility": [
        "㍿", "ﾊﾝｶｸ", "℃", "①", "Ⅳ", "ﬁ", "ﷺ", "﷽", "㈱", "㌔", "㍻", "㎏", "½", "ｶﾞｷﾞｸﾞ", "ﾊﾟﾋﾟﾌﾟ", "ｳﾞ", "ﾞ", "ﾟ", "㋿", "Ａ１！", "…",
        "‥", "㊙", "㉑", "ℌ", "ﬃ", "ǆ", "ĳ", "²", "₂", "™", "℡", "㏂", "〜～", "￥１００", "｢苺｣｡", "ｱｲｳ･ｴｵ", "¨", "´", "･", "豈", "神", "﨑",
        "ｲﾁｺﾞを売る㍿東京", "気温は20℃、湿度は60％", "第Ⅳ章①〜⑩", "株式会社と㍿と㈱", "ﬁsh and ﬂower", "㌢㌢㌢㍍㌔", "ﷺﷺ", "５０㌫",
        "ハ\u3099", "か\u3099き\u3099く\u3099け\u3099こ\u3099", "ｽﾍﾟｰｽｼｬﾄﾙ", "ﾃﾞｰﾀﾍﾞｰｽ管理", "①②③④⑤", "⑴⒈⓪❶", "㍉㎜㎝㎞", "㏍", "ｰ",
    ],
    "emoji": [
        "😀", "😀😀", "苺🍓苺", "👍🏽", "👩‍👩‍👧‍👦", "🇯🇵", "🇯🇵🇺🇸🇫🇷", "❤️", "❤", "☕️をのむ", "🏳️‍🌈", "👨🏿‍🚀が行く", "🧑‍🤝‍🧑", "1️⃣2️⃣", "#️⃣", "😀 苺 😀", "🍓は苺です。",
        "🇯", "👁️‍🗨️", "🫠🫡", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "(^_^)", "¯\\_(ツ)_/¯", "🀄🃏", "東京🗼から大阪🏯まで", "🍓" * 50,
    ],
    "combining": [
        "か\u3099", "ハ\u309a", "\u3099", "e\u0301", "é", "a\u0301\u0302\u0303", "n\u0303o", "がぎぐげご", "ぱぴぷ", "か゛", "ハ゜", "ゔ", "う\u3099",
        "o\u0308\u0304", "각", "각", "ॐ नमः", "ก็", "葛\ufe00", "葛\U000e0100", "辻\U000e0101さん", "A\u030a", "Å", "ｶ\u3099", "ｶ\u309a",
        "ひらか\u3099な と カタカナ", "z\u0351\u0352\u0353algo", "\u0301苺", "苺\u0301", "ﾊ\u309aン",
    ],
    "space": [
        "苺\nを売る", "苺\r\nを\r\n売る", "\t苺\tを\t売る", "苺　を　売る", "苺  を  売る", " 苺", "苺 ", "　苺　", "\n\n苺\n\n", "苺" + " " * 100 + "を売る", "\u00a0苺\u00a0", "a b  c   d",
        "苺\u2003を", "苺\u2028を\u2029売る", "苺\u200bを", "\u200b", "苺\u200b", "\ufeff苺", "苺\ufeffを", "苺\u200c\u200dを", "\u2060苺\u2060", "苺\x0bを\x0c売る", "苺\x85を", "苺\u3164を", "苺\u180eを",
        "苺\u1680を", "　　　段落の始め", "一行目。\n二行目。\n\n四行目。", " \t\n 苺 \t\n ", "東京 大阪", "東京\u00a0大阪", "東京　大阪", "Tokyo\tstation", "\u00ad苺\u00adを", "苺 。", " 。",
    ],
    "control": [
        "\x00", "苺\x00", "\x00苺", "苺\x00を\x00売る", "\x01\x02\x03", "苺\x07を", "\x1b[31m赤い\x1b[0m", "苺\x7fを", "\x80\x81苺", "苺\x9fを", "苺\x8fを", "\x1c\x1d\x1e\x1f苺", "苺\ufffdを", "\ufffd", "苺\ufffe",
        "苺\uffff", "\U0010ffff", "\ue000外字", "\U000f0000", "苺\x08\x08", "\x00" * 40 + "苺", "a\x00b\x00c",
    ],
    "direction": [
        "مرحبا", "שלום עולם", "苺 مرحبا 苺", "\u202e苺を売る\u202c", "\u200f苺\u200e", "\u2066苺\u2069", "\u061c苺", "السلام عليكم と言う", "ﻻ", "ﷲ", "שׁ", "\u202aabc\u202c 苺", "\u200f", "עברית・日本語",
    ],
    "rare": [
        "𠮷野家", "𩸽", "𠮟る", "髙橋", "﨑", "濵田", "鷗外", "𪚥", "𰻞𰻞麺", "叱𠮟", "丂", "㐂寿", "龘", "彁", "〇〇県", "々", "〆切", "ヶ月", "ゐゑ", "ヰヱヲ", "ゟヿ", "㋐", "𛀀", "𛂞な", "〱〲", "卍", "𝒜𝓑", "𝟏𝟐𝟑", "𐍈",
        "ꙮ", "𠀋𡈽𡌛", "渡邉と渡邊", "葛󠄀城", "朕󠄂",
    ],
    "latin": [
        "Hello, world!", "LUKE model", "tokyo", "TOKYO", "don't stop", "C++ and C#", "naïve café", "Straße", "İstanbul", "ΑΒΓ αβγ", "Привет", "e-mail: a@example.com", "https://example.com/?q=苺&n=1", "x = y + 1;", "{\"question\": \"苺\"}",
        "100%", "3.14159", "1,234,567", "2024-01-31", "12:34:56", "¥1,000", "$5.00", "+81-3-0000-0000", "１２３４", "0x1F", "1e-5", "<b>苺</b>", "a/b\\c", "~!@#$%^&*()_+", "ＬＵＫＥ　ｍｏｄｅｌ", "Ω", "Å", "µ", "ſ", "ß",
    ],
    "special": [
        "</s>", "<s>", "<pad>", "<unk>", "<mask>", "<ent>", "<ent2>", "苺</s>を売る", "<s>苺を売る</s>", "苺 <mask> を売る", "<mask>苺", "苺<pad><pad>", "<unk>苺<unk>", "<ent>東京<ent>", "<ent2>大阪<ent2>", "</s></s>",
        "質問</s></s>文脈</s>", "< s >", "<S>", "<MASK>", "<mask", "mask>", "<<mask>>", "＜mask＞", "[MASK]", "[UNK]", "[PAD]", "[SEP]", "[CLS]", "苺<s", "  <mask>  ", "\n</s>\n", "<mask> <mask>", "a<mask>b", "<ent3>", "<unk>𠮷<unk>",
        "<0x00>", "▁<mask>", "<pad>１</pad>",
    ],
    "long": ["苺を売る店。" * 200, "𠮷" * 300, "ab " * 300, "㍿" * 200, " ".join("苺" * 150), "ー" * 300, "。" * 300, "\n".join(["東京の苺は甘い。"] * 60), "12345" * 100],
}  # fmt: skip
SPECIAL_SPELLINGS = ("<s>", "</s>", "<pad>", "<unk>", "<mask>", "<ent>", "<ent2>")


def sentences(rng: random.Random) -> Iterator[str]:
    """Endless plain Japanese of no particular sense."""
    while True:
        yield rng.choice(PATTERNS).format(
            person=rng.choice(PEOPLE),
            person2=rng.choice(PEOPLE),
            place=rng.choice(PLACES),
            place2=rng.choice(PLACES),
            thing=rng.choice(THINGS),
            thing2=rng.choice(THINGS),
            verb=rng.choice(VERBS),
            quality=rng.choice(QUALITIES),
            month=rng.choice(MONTHS),
            number=rng.randrange(1, 2100),
            number2=rng.randrange(1, 120),
            word=rng.choice(WORDS),
            word2=rng.choice(WORDS),
        )


def train_model() -> bytes:
    """The sentencepiece model, as a serialized proto without any path in it."""
    plain = sentences(random.Random(1))
    kana = ["".join(map(chr, range(first, last))) for first, last in ((0x3041, 0x3097), (0x30A1, 0x30FB))]
    ascii_words = [chr(code) for code in range(0x21, 0x7F) if chr(code) not in "<>"] * 3
    corpus = [next(plain) for _ in range(12_000)] + [*kana, *CHARACTERS, *ascii_words] * 3
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus),
        model_writer=model,
        model_type="unigram",
        vocab_size=PIECES,
        character_coverage=1.0,
        normalization_rule_name="nmt_nfkc",
        num_threads=1,
        minloglevel=2,
    )
    return model.getvalue()


def case_texts() -> Iterator[tuple[str, str]]:
    """(kind, text): those written above, plain sentences, and random mixtures of everything."""
    for kind, texts in CASES.items():
        for text in texts:
            yield kind, text
    rng = random.Random(2)
    plain = sentences(rng)
    for text in (*SEEDS, *(next(plain) for _ in range(40))):
        yield "plain", text
        if len(text) % 3 == 0:
            yield "decomposed", unicodedata.normalize("NFD", text)
    fragments = [text for kind, texts in CASES.items() if kind not in ("special", "long") for text in texts]
    for _ in range(120):
        yield "mixed", "".join(rng.choice([*fragments, next(plain), " ", "\n"]) for _ in range(rng.randrange(2, 9)))


def make_cases(model: bytes) -> Iterator[dict[str, object]]:
    """The texts with their ids.

    Raises:
        AssertionError: MLukeTokenizer and plain sentencepiece disagree.
    """
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    with tempfile.TemporaryDirectory() as directory:
        model_file, entity_file = Path(directory, MODEL_FILE), Path(directory, "entity_vocab.json")
        model_file.write_bytes(model)
        entity_file.write_text(json.dumps(ENTITY_VOCAB))
        tokenizer = transformers.MLukeTokenizer(str(model_file), str(entity_file))
        for kind, text in dict.fromkeys(case_texts()):
            tokenizer.split_special_tokens = kind == "special"
            assert kind == "special" or not any(spelling in text for spelling in SPECIAL_SPELLINGS), text
            ids = tokenizer(text, add_special_tokens=False)["input_ids"]
            assert ids == [piece + 1 if piece else 3 for piece in processor.encode(text)], (kind, text)
            yield {"kind": kind, "text": text, "input_ids": ids}


def to_line(case: dict[str, object]) -> str:
    """JSON that a person can read and that no line-splitter cuts: only the unprintable is escaped."""
    text = json.dumps(case, ensure_ascii=False)
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text) + "\n"


def main(directory: Path) -> None:
    if transformers.__version__ != "4.57.6":
        sys.exit(f"transformers 4.57.6 is the reference, this is {transformers.__version__}.")
    model = train_model()
    (directory / MODEL_FILE).write_bytes(model)
    with open(directory / CASES_FILE, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(map(to_line, make_cases(model)))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
