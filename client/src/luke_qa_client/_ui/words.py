"""The page's words, in Japanese and English."""

from dataclasses import dataclass
from typing import Final, Literal

from .documents import SEPARATOR
from .session import Trouble

Language = Literal["ja", "en"]

QUESTION: Final = "好きな食べ物は何ですか"
TEXT: Final = "私の名前はEIMIです。好きな食べ物は苺です。 趣味は皆さんと会話することです。"


@dataclass(frozen=True, slots=True)
class Words:
    """Every label and sentence; what is in braces is filled in."""

    title: str
    lead: str
    language: str
    question: str
    text: str
    text_help: str
    drop: str
    more: str
    top_k: str
    allow_no_answer: str
    ask: str
    history: str
    welcome: str
    answers: str
    place: str
    document: str
    documents: str
    no_answer: str
    no_answer_score: str
    none_here: str
    count_here: str
    troubles: dict[Trouble, str]


JAPANESE: Final = Words(
    title="文章に聞く",
    lead="文章を入れて質問すると、答えが書かれている場所をお見せします。",
    language="言語",
    question="質問",
    text="文章",
    text_help=f"いくつかの文章を入れるときは、間に {SEPARATOR} だけの行を置きます。",
    drop="ファイルをここに置くか、押して選択",
    more="設定",
    top_k="答えの数(最大)",
    allow_no_answer="「答えなし」も認める",
    ask="質問する",
    history="これまでの質問",
    welcome="例がもう入っています。「質問する」を押してみてください。",
    answers="答えの候補",
    place="文章の中の「{answer}」へ",
    document="文章 {number}",
    documents="調べた文章",
    no_answer="この文章に答えは書かれていないようです",
    no_answer_score="答えが書かれていない確率 {score}",
    none_here="答えなし",
    count_here="答え {count} 件",
    troubles={
        Trouble.NO_QUESTION: "質問を入れてください。",
        Trouble.NO_TEXT: "文章を入れるか、ファイルを選んでください。",
        Trouble.NOT_UTF8: "「{detail}」は UTF-8 の文章ではありません。UTF-8 で保存し直してください。",
        Trouble.BINARY: "「{detail}」は文章のファイルではありません。テキストファイルを選んでください。",
        Trouble.GONE: "「{detail}」はもう残っていません。もう一度選んでください。",
        Trouble.UNREACHABLE: "質問応答サーバーにつながりません。サーバーが動いているか確かめてください。",
        Trouble.TIMED_OUT: "時間内に答えが返ってきませんでした。少し待ってから、もう一度質問してください。",
        Trouble.QUESTION_TOO_LONG: "質問が長すぎます。短くしてください。",
        Trouble.REFUSED: "この質問は受け付けられませんでした({detail})",
        Trouble.UNAUTHORISED: "サーバーの鍵が違うか、期限切れです。このページを動かしている方に知らせてください。",
        Trouble.NOT_FOUND: "この住所に質問応答のモデルがありません。このページを動かしている方に知らせてください。",
        Trouble.TOO_LARGE: "文章が長すぎるか、多すぎます。減らしてください({detail})",
        Trouble.OVERLOADED: "サーバーが混み合っています。少し待ってから、もう一度質問してください。",
        Trouble.FAILED: "サーバーで問題が起きました。もう一度質問してください。",
    },
)

ENGLISH: Final = Words(
    title="Ask a text",
    lead="Give it a Japanese text and a question; it shows you where the answer stands.",
    language="Language",
    question="Question, in Japanese",
    text="Text",
    text_help=f"Between several texts, put a line with nothing but {SEPARATOR}.",
    drop="Drop files here, or press to choose some",
    more="Settings",
    top_k="Answers, at most",
    allow_no_answer="“No answer” may win",
    ask="Ask",
    history="Questions so far",
    welcome="An example is filled in: press “Ask” to try it.",
    answers="Possible answers",
    place="To “{answer}” in the text",
    document="Text {number}",
    documents="The texts that were searched",
    no_answer="The text does not seem to hold an answer",
    no_answer_score="Probability that there is no answer: {score}",
    none_here="no answer",
    count_here="answers: {count}",
    troubles={
        Trouble.NO_QUESTION: "Please enter a question.",
        Trouble.NO_TEXT: "Please enter a text, or choose a file.",
        Trouble.NOT_UTF8: "“{detail}” is not text in UTF-8. Please save it as UTF-8 and try again.",
        Trouble.BINARY: "“{detail}” is not a text file. Please choose one that is.",
        Trouble.GONE: "“{detail}” is no longer kept. Please choose it again.",
        Trouble.UNREACHABLE: "The question-answering server cannot be reached. Please check that it is running.",
        Trouble.TIMED_OUT: "No answer came in time. Please wait a little and ask again.",
        Trouble.QUESTION_TOO_LONG: "The question is too long. Please shorten it.",
        Trouble.REFUSED: "The question was not accepted. {detail}",
        Trouble.UNAUTHORISED: "The server's key is wrong or has expired. Please tell whoever runs this page.",
        Trouble.NOT_FOUND: "There is no question-answering model at this address. Please tell whoever runs this page.",
        Trouble.TOO_LARGE: "The text is too long, or there are too many. {detail}",
        Trouble.OVERLOADED: "The server is busy. Please wait a little and ask again.",
        Trouble.FAILED: "Something went wrong in the server. Please ask again.",
    },
)

WORDS: Final[dict[Language, Words]] = {"ja": JAPANESE, "en": ENGLISH}


def preferred(accept_language: str) -> Language:
    """Return the language that an Accept-Language header asks for: Japanese, unless it prefers another to it."""
    wishes = [wish for part in accept_language.split(",") if (wish := _wish(part))]
    _, tag = max(wishes, key=lambda wish: wish[0], default=(1.0, "ja"))  # of equal ones, the first
    return "ja" if tag in ("ja", "*") else "en"


def percent(score: float) -> str:
    """Return a probability for a reader."""
    return "<0.1%" if 0 < score < 0.0005 else f"{score:.1%}"


def _wish(part: str) -> tuple[float, str] | None:
    tag, _, quality = part.strip().lower().partition(";q=")
    try:
        return (float(quality or 1), tag.partition("-")[0]) if tag else None
    except ValueError:
        return None
