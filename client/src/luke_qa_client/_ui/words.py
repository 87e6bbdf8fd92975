"""The page's texts in Japanese and English."""

from dataclasses import dataclass
from typing import Final, Literal

from .documents import SEPARATOR
from .places import Level
from .problems import Trouble

Language = Literal["ja", "en"]


@dataclass(frozen=True, slots=True)
class Words:
    """Every label and sentence; braces are placeholders."""

    title: str
    lead: str
    language: str
    question: str
    text: str
    text_help: str
    examples: str
    drop: str
    dropped: str
    pages: str
    not_searched: str
    remove: str
    more: str
    most: str
    allow_no_answer: str
    ask: str
    ask_key: str
    waiting: str
    seconds: str
    cancel: str
    cancelled: str
    failed: str
    large: str
    history: str
    history_kept: str
    forget: str
    welcome: str
    answers: str
    certainty: str
    levels: dict[Level, str]
    variants: str
    place: str
    document: str
    page: str
    others: str
    documents: str
    no_answer: str
    no_answer_score: str
    unsure: str
    guess: str
    copy_answer: str
    copy_link: str
    copied: str
    not_copied: str
    link_too_long: str
    link_without_files: str
    is_right: str
    right: str
    wrong: str
    mark_right: str
    marked: str
    not_there: str
    kept_answer: str
    kept_none: str
    take_back: str
    none_here: str
    count_here: str
    troubles: dict[Trouble, str]


JAPANESE: Final = Words(
    title="文章から答えを探す",
    lead="文章と質問を入力すると、答えが書かれている箇所を表示します。",
    language="言語",
    question="質問",
    text="文章",
    text_help=f"複数の文章を検索する場合は、{SEPARATOR} だけの行で区切ってください。",
    examples="入力例",
    drop="ここにファイルかフォルダーをドロップ、またはクリックして選択",
    dropped="検索するファイル",
    pages="{count} ページ",
    not_searched="検索しません",
    remove="「{name}」を外す",
    more="設定",
    most="表示する答えの最大数",
    allow_no_answer="「答えなし」も候補に含める",
    ask="質問する",
    ask_key="Ctrl+Enter でも質問できます。",
    waiting="答えを探しています",
    seconds="{seconds} 秒",
    cancel="中止",
    cancelled="中止しました。",
    failed="処理できませんでした。もう一度お試しください。",
    large="文章が長すぎて送信できませんでした。文章を短くしてください。",
    history="質問履歴",
    history_kept="このブラウザーだけに保存されます。",
    forget="履歴をすべて消去",
    welcome="入力例を用意しました。「質問する」をクリックしてお試しください。",
    answers="答えの候補",
    certainty="確かさ",
    levels={Level.HIGH: "高", Level.MEDIUM: "中", Level.LOW: "低"},
    variants="範囲の異なる答え {count} 件",
    place="文章中の「{answer}」へ移動",
    document="文章 {number}",
    page="{name} {page} ページ",
    others="ほかの {count} 件の文章には答えがありません。",
    documents="検索した文章",
    no_answer="答えは、おそらく書かれていません",
    no_answer_score="答えがない確率: {score}",
    unsure="自信なし",
    guess="推測した答えを表示",
    copy_answer="答えをコピー",
    copy_link="リンクをコピー",
    copied="コピーしました。",
    not_copied="コピーできませんでした。",
    link_too_long="文章が長いため、リンクにできません。",
    link_without_files="ファイルはリンクに含められません。",
    is_right="この答えは正しいですか",
    right="正しい",
    wrong="違う",
    mark_right="文章中の正しい答えをドラッグして選び、「選んだ部分が正しい」をクリックしてください。",
    marked="選んだ部分が正しい",
    not_there="文章に書かれていない",
    kept_answer="正しい答えとして「{answer}」を記録しました。",
    kept_none="「文章に書かれていない」と記録しました。",
    take_back="取り消す",
    none_here="答えなし",
    count_here="答え: {count} 件",
    troubles={
        Trouble.NO_QUESTION: "質問を入力してください。",
        Trouble.NO_TEXT: "文章を入力するか、ファイルを選択してください。",
        Trouble.DAMAGED: "「{detail}」は壊れているか、拡張子が中身と異なるため、読み取れません。",
        Trouble.EMPTY_FILE: "「{detail}」には文章がありません。",
        Trouble.PICTURES: (
            "「{detail}」は画像だけで、文字データがありません。文字認識(OCR)をかけたファイルを選択してください。"
        ),
        Trouble.PROTECTED: (
            "「{detail}」はパスワードで保護されているか、古い形式です。保護を外し、PDF か .docx で保存してください。"
        ),
        Trouble.LARGE_FILE: "「{detail}」は大きすぎます。ファイルを分割してください。",
        Trouble.UNSUPPORTED: (
            "「{detail}」は読み取れない形式です。テキスト、Markdown、HTML、PDF、Word(.docx)のファイルを選択してください。"
        ),
        Trouble.NO_READER: "このページでは「{detail}」の形式を読み取れません。このページの管理者に連絡してください。",
        Trouble.UNREACHABLE: "質問応答サーバーに接続できません。サーバーが起動しているか確認してください。",
        Trouble.TIMED_OUT: "タイムアウトしました。しばらく待ってから、もう一度お試しください。",
        Trouble.QUESTION_TOO_LONG: "質問が長すぎます。短くしてください。",
        Trouble.REFUSED: "この質問は受け付けられませんでした({detail})",
        Trouble.UNAUTHORISED: "サーバーの認証キーが無効か、期限切れです。このページの管理者に連絡してください。",
        Trouble.NOT_FOUND: "このアドレスに質問応答モデルが見つかりません。このページの管理者に連絡してください。",
        Trouble.TOO_LARGE: "文章が長すぎるか、件数が多すぎます。文章を短くするか、件数を減らしてください({detail})",
        Trouble.OVERLOADED: "サーバーが混み合っています。しばらく待ってから、もう一度お試しください。",
        Trouble.FAILED: "サーバーでエラーが発生しました。もう一度お試しください。",
    },
)

ENGLISH: Final = Words(
    title="Find answers in a text",
    lead="Enter a Japanese text and a question to see where the text answers it.",
    language="Language",
    question="Question (in Japanese)",
    text="Text",
    text_help=f"To search several texts, separate them with a line that contains only {SEPARATOR}.",
    examples="Examples",
    drop="Drop files or a folder here, or click to choose",
    dropped="Files to search",
    pages="pages: {count}",
    not_searched="not searched",
    remove="Remove “{name}”",
    more="Settings",
    most="Maximum number of answers",
    allow_no_answer="Allow “no answer”",
    ask="Ask",
    ask_key="Ctrl+Enter asks as well.",
    waiting="Looking for the answer",
    seconds="{seconds} s",
    cancel="Cancel",
    cancelled="Cancelled.",
    failed="That failed. Please try again.",
    large="The text is too long to be sent. Please shorten it.",
    history="Previous questions",
    history_kept="Kept only in this browser.",
    forget="Forget all",
    welcome="An example is filled in. Click “Ask” to try it.",
    answers="Possible answers",
    certainty="certainty",
    levels={Level.HIGH: "high", Level.MEDIUM: "medium", Level.LOW: "low"},
    variants="Shorter and longer answers: {count}",
    place="Go to “{answer}” in the text",
    document="Text {number}",
    page="{name}, page {page}",
    others="{count} other texts contain no answer.",
    documents="Texts searched",
    no_answer="The answer is probably not in the text",
    no_answer_score="Probability that there is no answer: {score}",
    unsure="not sure",
    guess="Show the best guess",
    copy_answer="Copy answer",
    copy_link="Copy link",
    copied="Copied.",
    not_copied="It could not be copied.",
    link_too_long="The text is too long for a link.",
    link_without_files="A link cannot hold files.",
    is_right="Is this answer right?",
    right="Right",
    wrong="Wrong",
    mark_right="Select the right answer in the text with the mouse, then click “The selection is right”.",
    marked="The selection is right",
    not_there="Not in the text",
    kept_answer="Noted: “{answer}” is the right answer.",
    kept_none="Noted: the answer is not in the text.",
    take_back="Undo",
    none_here="no answer",
    count_here="answers: {count}",
    troubles={
        Trouble.NO_QUESTION: "Please enter a question.",
        Trouble.NO_TEXT: "Please enter a text or choose a file.",
        Trouble.DAMAGED: "“{detail}” cannot be read: it is damaged, or has the wrong name.",
        Trouble.EMPTY_FILE: "“{detail}” contains no text.",
        Trouble.PICTURES: (
            "“{detail}” holds only pictures, no text. Please run text recognition (OCR) on it, and choose the result."
        ),
        Trouble.PROTECTED: (
            "“{detail}” is protected by a password or an old Office file. Please save it as PDF or .docx without one."
        ),
        Trouble.LARGE_FILE: "“{detail}” is too large. Please split it.",
        Trouble.UNSUPPORTED: (
            "“{detail}” is of a kind that cannot be read. Please choose text, Markdown, HTML, PDF or Word (.docx)."
        ),
        Trouble.NO_READER: (
            "This page cannot read the kind of file that “{detail}” is. Please contact this page's administrator."
        ),
        Trouble.UNREACHABLE: "The question-answering server cannot be reached. Please check that it is running.",
        Trouble.TIMED_OUT: "The request timed out. Please wait a moment and try again.",
        Trouble.QUESTION_TOO_LONG: "The question is too long. Please shorten it.",
        Trouble.REFUSED: "The server rejected the question. {detail}",
        Trouble.UNAUTHORISED: "The server's key is invalid or has expired. Please contact this page's administrator.",
        Trouble.NOT_FOUND: (
            "There is no question-answering model at this address. Please contact this page's administrator."
        ),
        Trouble.TOO_LARGE: "The text is too long, or there are too many texts. {detail}",
        Trouble.OVERLOADED: "The server is busy. Please wait a moment and try again.",
        Trouble.FAILED: "A server error occurred. Please try again.",
    },
)

WORDS: Final[dict[Language, Words]] = {"ja": JAPANESE, "en": ENGLISH}


def preferred(accept_language: str) -> Language:
    """Return the language for an ``Accept-Language`` header: Japanese, unless it prefers another language."""
    preferences = [found for part in accept_language.split(",") if (found := _preference(part))]
    _, tag = max(preferences, key=lambda preference: preference[0], default=(1.0, "ja"))  # the first of equals
    return "ja" if tag in ("ja", "*") else "en"


def percent(score: float) -> str:
    """Return a probability as a percentage."""
    return "<0.1%" if 0 < score < 0.0005 else f"{score:.1%}"


def _preference(part: str) -> tuple[float, str] | None:
    tag, _, quality = part.strip().lower().partition(";q=")
    try:
        return (float(quality or 1), tag.partition("-")[0]) if tag else None
    except ValueError:
        return None
