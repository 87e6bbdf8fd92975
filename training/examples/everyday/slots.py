"""Words for the templates. They must not include examples of tests and documents (see ``training.data.leaks``)."""

import random

from training.data.leaks import find_leaks


def _words(text: str) -> list[str]:
    return text.split()


SURNAMES = _words("""
    青柳 秋山 浅野 荒井 飯塚 石原 市川 今井 岩崎 上野 内海 江口 榎本 大野 岡崎 小野寺 笠原 片山
    金子 川口 菊地 岸本 北川 工藤 黒田 桑原 小島 河野 古賀 酒井 桜井 沢田 柴田 島田 白石 菅原 杉山
    関口 高木 武田 田口 千葉 土屋 寺田 東条 富田 永井 成田 西田 新田 野口 野村 服部 馬場 浜田 早川
    原口 東野 樋口 平野 広瀬 福島 藤本 古川 星野 堀内 本田 前川 増田 松尾 三宅 水野 宮崎 宮本 村田
    望月 森田 八木 安田 矢野 山根 湯浅 横山 吉川 和田 渡部 佐野 須藤 瀬戸 曽根 竹中 辻 津田 戸田
    中西 丹羽 根本 氏家 大庭 香川 木下 熊谷
""")
GIVEN = _words("""
    明美 綾子 勇 一樹 和也 香織 恭子 邦夫 圭介 浩二 早紀 里美 沙織 茂 純一 真一 進 聡 節子 孝
    卓也 達也 千尋 哲也 徹 俊介 智子 直美 信子 典子 春香 秀樹 瞳 博之 史郎 真理 誠 正人 麻衣 守
    美穂 稔 恵 康平 裕子 優太 芳江 亮 玲奈 若菜 航 奏太 凛 楓 莉子 颯太 悠真 杏奈 ルーカス エマ
    オリバー ソフィア ニコ クララ ダニエル ポール ジュリア マルコ サラ リー チャン キム グエン アリ
    ファティマ
""")
HONORIFICS = ("さん", "さん", "さん", "君", "ちゃん", "先生", "部長", "課長", "主任", "店長", "先輩")
RELATIVES = _words("父 母 兄 姉 弟 妹 祖父 祖母 おじ おば いとこ 息子 娘 夫 妻 隣の人 友人 同僚 上司 後輩 先生")
FOODS = _words("""
    栗ご飯 豚汁 肉じゃが コロッケ グラタン シチュー ちらし寿司 いなり寿司 茶碗蒸し ほうれん草 ブロッコリー
    大根 かぼちゃ 里芋 鮭 さんま 鯖の味噌煮 ドーナツ ワッフル カステラ どら焼き 大福 せんべい 羊羹 柿
    キウイ パイナップル 洋梨 さくらんぼ ブルーベリー マンゴー 焼きそば 冷やし中華 麻婆豆腐 酢豚 春巻き
    焼き鳥 おでん 雑炊 ロールキャベツ ポテトサラダ フライドポテト ホットケーキ シュークリーム マカロン
""")
DRINKS = _words("""
    ほうじ茶 玄米茶 ウーロン茶 炭酸水 豆乳 レモネード ミルクティー カフェオレ 甘酒 梅酒 野菜ジュース
    ぶどうジュース トマトジュース 白湯
""")
GOODS = _words("""
    折りたたみ傘 腕時計 水筒 弁当箱 電卓 万年筆 消しゴム 便箋 封筒 切手 花瓶 カーテン 毛布 枕 加湿器
    扇風機 掃除機 炊飯器 電子レンジ 冷蔵庫 トースター やかん フライパン まな板 急須 湯飲み 植木鉢
    じょうろ 軍手 懐中電灯 電池 延長コード イヤホン 充電器 双眼鏡 三脚 寝袋 テント 長靴 手袋 マフラー
    セーター ワンピース ネクタイ 革靴 サンダル リュックサック スーツケース 絵本 図鑑 楽譜 パズル 積み木
    縄跳び
""")
COLORS = _words("赤 青 緑 黄色 白 黒 紫 茶色 灰色 紺 水色 橙色 銀色 金色 ベージュ 桃色 黄緑")
PLACES = _words("""
    駅前の花屋 商店街の八百屋 市民会館 公民館 屋上 体育倉庫 理科室 図書室 音楽室 保健室 職員室 給湯室
    会議スペース 資料室 受付 倉庫 駐車場 地下の食堂 歯医者 眼科 薬局 クリーニング店 文房具店 家電量販店
    ホームセンター 市場 直売所 牧場 植物園 科学館 博物館 天文台 展望台 キャンプ場 温泉 海水浴場 スキー場
    野球場 競技場 港 バス停 改札口 空港の売店 料金所 給油所 洗車場 修理工場 道の駅 交番 消防署 裁判所
    税務署 保育園 幼稚園 中学校 高校 ベランダ 玄関 物置 車庫 畑 池のほとり 橋の上 歩道橋 川沿いの広場
""")
TOWNS = _words("""
    盛岡 山形 水戸 宇都宮 前橋 川越 船橋 鎌ケ谷 川崎 富山 福井 甲府 松本 岐阜 浜松 豊橋 津 大津
    姫路 和歌山 鳥取 松江 倉敷 尾道 下関 徳島 高松 松山 高知 佐賀 大分 別府 宮崎 那覇 函館 小樽
    旭川 帯広 釧路 弘前 会津若松 ソウル 台北 香港 シンガポール ハノイ シドニー ミラノ マドリード
    ベルリン ウィーン プラハ シカゴ ボストン バンクーバー メキシコシティ カイロ ナイロビ
""")
JOBS = _words("""
    獣医 保育士 介護士 電気技師 建築士 税理士 翻訳家 通訳 写真家 陶芸家 庭師 花屋 パン職人 すし職人
    郵便配達員 バスの運転手 電車の車掌 船長 客室乗務員 気象予報士 裁判官 検事 司書 学芸員 歯科医 助産師
    整備士 溶接工 測量士 編曲家 ピアノの調律師 漫画家 声優 劇作家 彫刻家
""")
HOBBIES = _words("""
    陶芸 盆栽 俳句を作ること 天体観測 野鳥の観察 昆虫採集 模型作り 日曜大工 刺繍 茶道 書道 社交ダンス
    サーフィン スキューバダイビング ボウリング オルガンの演奏 合唱 落語を聞くこと 古い切符を集めること
    石を拾うこと パンを焼くこと 庭の手入れをすること 地図を眺めること 長い距離を歩くこと 推理小説を読むこと
    喫茶店を巡ること 骨董品を集めること 電車に乗ること
""")
SUBJECTS = _words("""
    算数 図工 家庭科 習字 古文 漢文 世界史 日本史 倫理 経済学 統計学 会計 看護学 法学 天文学 哲学
    言語学 心理学
""")
SPORTS = _words("""
    ハンドボール ソフトボール フェンシング アーチェリー カヌー ボート 陸上 駅伝 空手 合気道 なぎなた
    新体操 スノーボード カーリング アイスホッケー クライミング
""")
ANIMALS = _words("""
    柴犬 三毛猫 白い文鳥 オウム インコ カナリア 鯉 めだか やどかり 山羊 ろば アルパカ カンガルー コアラ
    白鳥 ふくろうの雛 りす モルモット 蛙 カブトムシ
""")
VEHICLES = _words("""
    路線バス 夜行バス 各駅停車 特急 フェリー 路面電車 モノレール レンタカー 自家用車 オートバイ トラック
    軽自動車 自転車 タクシー 快速電車
""")
EVENTS = _words("""
    説明会 健康診断 避難訓練 定例会議 新製品の発表会 採用面接 歓迎会 送別会 忘年会 保護者会 卒業式 入学式
    文化祭 合唱祭 遠足 修学旅行 読書会 料理教室 英会話教室 講演会 花火大会 朝市 フリーマーケット 写真展
    落語会 将棋大会 工場見学 町内清掃 献血 演奏会 体験乗馬 棚卸し 研修 部活動の練習 水泳大会
""")
DAYS = _words("月曜日 火曜日 水曜日 木曜日 金曜日 土曜日 日曜日")
RELATIVE_TIMES = _words("""
    昨日 今日 今朝 昨夜 先週 先月 昨年 おととい この前の日曜日 週末 連休 夏休み 冬休み 昼休み 放課後
    出勤前 帰宅後 夕方 明け方
""")
REASONS = _words("""
    雨が強くなった 電車が遅れた 財布を忘れた 熱が出た 道が混んでいた 店が休みだった 鍵が見つからなかった
    電池が切れた 約束の時間に間に合わなかった 風が強かった 宿題が残っていた 部品が足りなかった
    人手が足りなかった 前の車が急に止まった 足をけがした 荷物が重かった 朝寝坊をした 停電した
    予約がいっぱいだった 材料が届かなかった 眠かった 客が多かった
""")
RESULTS = _words("""
    試合は中止になりました 出発を遅らせました 家に引き返しました 病院に行きました 別の道を通りました
    会議に遅れました タクシーを呼びました 作業を延期しました 友人に電話をかけました 計画を変えました
    早く帰りました 夜まで働きました 途中で休みました 窓を閉めました 注文を取り消しました 先生に相談しました
    午後からにしました
""")
CONDITIONS = _words("""
    霧が濃い 路面が凍っている 踏切を渡る 緊急車両が近づいてきた トンネルに入る 坂道を下る 長い時間運転する
    子どもが道路の近くにいる 警告灯がついた 前の車との間が狭い 火災報知器が鳴った 地震が起きた 具合が悪い
    書類をなくした 商品に傷があった 欠席する 開館時間を過ぎた 名札を忘れた 暗証番号を忘れた 水が止まらない
    窓口が混んでいる
""")
ACTIONS = _words("""
    ライトを早めにつける 速度を落とす 一時停止して左右を確かめる 道路の左に寄る エンジンブレーキを使う
    二時間ごとに休む 窓を開けて音を聞く 安全な場所に車を止める 車間距離を取る 階段で外に出る 机の下に隠れる
    担任に連絡する 係員に申し出る レシートを持って店に行く 電話で予約し直す 返却箱に入れる
    事務室で仮の札を借りる 元の栓を閉める 番号札を取って待つ 本人確認の書類を送る
""")
_COUNTER_TOPS = {
    "人": 600, "個": 90, "枚": 300, "冊": 120, "本": 60, "台": 80, "匹": 30, "回": 40, "軒": 30, "杯": 12,
}  # fmt: skip
COUNTERS = tuple((counter, 2, top) for counter, top in _COUNTER_TOPS.items())


def name(rng: random.Random) -> str:
    """Draw a common, foreign or made-up name, so that names are recognised by their place in the sentence."""
    while find_leaks(chosen := _name(rng)):
        pass
    return chosen


_KATAKANA = "アイウエオカキクケコサシスセソタチツテトナニノハヒフヘホマミムメモヤユヨラリルレロン"


def _name(rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.5:
        return rng.choice(SURNAMES)
    if kind < 0.72:
        return rng.choice(GIVEN)
    if kind < 0.84:
        return rng.choice(SURNAMES) + rng.choice(GIVEN)
    if kind < 0.92:
        return "".join(rng.choice(_KATAKANA) for _ in range(rng.randint(2, 5)))
    letters = "".join(rng.choice("ABCDEFGHIJKLMNOPRSTUVWXYZ") for _ in range(rng.randint(2, 6)))
    return letters if rng.random() < 0.5 else letters.capitalize()


def person(rng: random.Random) -> str:
    """Draw a person as people are mentioned: a relative, or a name with or without an honorific."""
    kind = rng.random()
    if kind < 0.2:
        return rng.choice(RELATIVES)
    return name(rng) + (rng.choice(HONORIFICS) if rng.random() < 0.75 else "")


def clock(rng: random.Random) -> str:
    hour = rng.randint(1, 12)
    half = rng.choice(("午前", "午後", "午前", "午後", "朝", "夜", ""))
    return f"{half}{hour}時" + rng.choice(("", "", "半", f"{rng.randint(1, 11) * 5}分"))


def date(rng: random.Random) -> str:
    kind = rng.random()
    day = f"{rng.randint(1, 12)}月{rng.randint(1, 30)}日"
    if kind < 0.6:
        return day
    if kind < 0.75:
        return f"{rng.randint(1920, 2030)}年{day}"
    return f"{rng.randint(1850, 2030)}年"


def when(rng: random.Random) -> tuple[str, str]:
    """Draw a time and the particle it takes."""
    kind = rng.random()
    if kind < 0.3:
        return rng.choice(RELATIVE_TIMES), ""
    if kind < 0.55:
        return date(rng), "に"
    if kind < 0.75:
        return clock(rng), "に"
    return rng.choice(DAYS), rng.choice(("に", "の朝に", "の夜に"))


def money(rng: random.Random) -> str:
    amount = rng.choice((rng.randint(8, 99) * 10, rng.randint(1, 99) * 100, rng.randint(1, 60) * 1000))
    return (f"{amount:,}" if rng.random() < 0.3 else str(amount)) + "円"


def counted(rng: random.Random) -> tuple[str, str]:
    """Draw a number with its counter, and the interrogative for it."""
    counter, low, high = rng.choice(COUNTERS)
    return f"{rng.randint(low, high)}{counter}", "何" + counter
