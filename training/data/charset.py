"""The characters that the tokenizer must know, whatever the corpora contain."""

from collections import Counter
from collections.abc import Iterable

_EVERYDAY_KANJI = (
    "苺檸檬蜜柑葡萄杏枇杷柚李梨栗胡桃茸椎筍茄葱韮蕪牛蒡蓮芋薯蒟蒻饅頭煎餅羊羹餡饂飩蕎麦丼鰻鮪鮭鯖鯵鰯鱈鰹鯛蟹海老蛸烏賊鮑蛤牡蠣"
    "豚鶏鴨醤油味噌胡椒珈琲麦酒焼酎鍋釜箸匙皿碗瓶缶鋏鉛筆椅机枕布団毛鞄靴帽傘眼鏡襟袖裾釦絨毯簾硝子鍵錠梯箪笥箒埃屑掃除洗濯"
    "猫犬兎鼠狐狸猿鹿熊狼虎豹獅麒麟鷹鷲鳩烏雀燕鶴梟蝶蜂蟻蜘蛛蛙亀蛇蜻蛉蟬蝉薔薇菫菖蒲桔梗紫陽花百合椿蘭躑躅"
    "咳鼻喉頬顎瞼睫髭髪肘膝踝腫瘍癌鬱痒痛風邪嚏躰脛臍噂喧嘩挨拶炬燵囲炉裏暖簾提灯蠟蝋燭煙管珊瑚琥珀翡翠瑠璃"
    "駕籠轍蹄鞍鐙舵錨櫂帆艇橇渋滞轢溜渠橋梁絆創膏繃帯痺瞳鋸鉋錐鑿斧鉈鎌鍬釘螺旋捻挫囁呟喋嗅噛齧舐啜嘔吐癖"
)
_LETTERS = "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρςστυφχψωéèêëáàâäãåíìîïóòôöõøúùûüñçßæœāēīōūšžčćÉÖÜÄ"
_MARKS = (
    "’‘“”–—−〜ーゝゞヽヾ々〆〇・「」『』()?!%,.、。~-+/:;&'\"→←↑↓☆★○●◎◇◆□■△▲▽▼※…‥―×÷=<>[]{}@#$^*_|`\\〈〉《》【】〔〕℃°"
)


def jis_level_1() -> str:
    """Return the 2,965 kanji of JIS X 0208 level 1."""
    cells = (bytes([0xA0 + row, 0xA0 + cell]) for row in range(16, 48) for cell in range(1, 95))
    return "".join(cell.decode("euc_jp", "ignore") for cell in cells)


def required_characters(texts: Iterable[str], min_count: int) -> str:
    """Return the whitespace symbol, kana, ASCII, punctuation, level 1 and everyday kanji, and frequent kanji.

    A kanji is frequent if it occurs at least ``min_count`` times in ``texts``.
    """
    counts = Counter[str]()
    for text in texts:
        counts.update(text)
    kana = "".join(map(chr, [*range(0x3041, 0x3097), *range(0x30A1, 0x30FB)]))
    ascii_printable = "".join(map(chr, range(33, 127)))
    frequent = "".join(sorted(c for c, n in counts.items() if n >= min_count and "一" <= c <= "鿿"))
    parts = "▁" + kana + ascii_printable + _LETTERS + _MARKS + jis_level_1() + _EVERYDAY_KANJI + frequent
    return "".join(dict.fromkeys(parts))
