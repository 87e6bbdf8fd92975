"""What the page's button does, against a server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from luke_qa_client import LukeQAClient
from luke_qa_client._ui.asking import ask, judge
from luke_qa_client._ui.feedback import FeedbackFile, Verdict
from luke_qa_client._ui.session import Problem, Session, Trouble
from luke_qa_client.evaluation import read_questions
from tests.support.files import pdf
from tests.unit.client.stub import HEALTHY, HttpStub, Received, Said, refusal, says

QUESTION = "何が好きですか"
TEXT = "私は苺が好きです。"


@pytest.fixture
def client(http_stub: HttpStub) -> Iterator[LukeQAClient]:
    with LukeQAClient(http_stub.url, timeout=1, total_timeout=1) as client:
        yield client


def asked(
    client: LukeQAClient,
    question: str = QUESTION,
    pasted: str = TEXT,
    files: tuple[Path, ...] = (),
    session: Session = Session(),  # noqa: B008 - it is frozen
) -> Session:
    return ask(client, session, question, pasted, files, top_k=2, allow_no_answer=True)


def questions(stub: HttpStub) -> list[dict[str, object]]:
    return [received.body for received in stub.received if received.body is not None]


def test_the_answer_is_shown_with_the_text_that_it_stands_in(client: LukeQAClient) -> None:
    shown = asked(client, f"  {QUESTION}\n").shown
    assert shown is not None
    assert (shown.question, shown.answer.answer) == (QUESTION, "苺")
    assert shown.documents[shown.answer.document or 0].text[shown.answer.start : shown.answer.end] == "苺"
    assert len(shown.answers) == 2


def test_the_server_is_asked_over_all_texts_with_the_settings(
    client: LukeQAClient, http_stub: HttpStub, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_bytes("一\r\n---\r\n二".encode())
    asked(client, pasted=f"雨\n---\n{TEXT}", files=(tmp_path / "a.txt",))
    (body,) = questions(http_stub)
    assert body["context"] == ["雨", TEXT, "一\r\n---\r\n二"]
    assert (body["question"], body["top_k"], body["handle_impossible_answer"]) == (QUESTION, 2, True)


@pytest.mark.parametrize(
    ("question", "pasted", "trouble"),
    [(" ", TEXT, Trouble.NO_QUESTION), (QUESTION, "\n---\n", Trouble.NO_TEXT), ("", "", Trouble.NO_TEXT)],
)
def test_what_is_missing_is_named_without_asking(
    client: LukeQAClient, http_stub: HttpStub, question: str, pasted: str, trouble: Trouble
) -> None:
    assert asked(client, question, pasted).problem == Problem(trouble)
    assert not http_stub.received


@pytest.mark.parametrize(
    ("name", "content", "trouble"),
    [
        ("絵.bin", bytes(range(256)), Trouble.UNSUPPORTED),
        ("絵.png", b"\x89PNG\0", Trouble.PICTURES),
        ("空.txt", b"", Trouble.EMPTY_FILE),
        ("壊.pdf", b"%PDF-1.7", Trouble.DAMAGED),
        ("鍵.pdf", pdf(["苺"], password="geheim", owner="o"), Trouble.PROTECTED),
    ],
)
def test_a_file_that_cannot_be_read_is_named_without_asking(
    client: LukeQAClient, http_stub: HttpStub, tmp_path: Path, name: str, content: bytes, trouble: Trouble
) -> None:
    (tmp_path / name).write_bytes(content)
    assert asked(client, files=(tmp_path / name,)).problem == Problem(trouble, name)
    assert not http_stub.received


def test_the_pages_of_a_file_are_asked_with_their_lines_joined(
    client: LukeQAClient, http_stub: HttpStub, tmp_path: Path
) -> None:
    (tmp_path / "説明.pdf").write_bytes(pdf(["保証は"], ["私は苺が", "好きです。"]))
    shown = asked(client, pasted="", files=(tmp_path / "説明.pdf",)).shown
    assert shown is not None
    assert [(document.name, document.page) for document in shown.documents] == [("説明.pdf", 1), ("説明.pdf", 2)]
    (body,) = questions(http_stub)
    assert (body["context"], body["join_lines"]) == (["保証は", "私は苺が\n好きです。"], True)


def test_a_file_that_is_gone_is_named_without_asking(client: LukeQAClient, http_stub: HttpStub, tmp_path: Path) -> None:
    assert asked(client, files=(tmp_path / "a.txt",)).problem == Problem(Trouble.GONE, "a.txt")
    assert not http_stub.received


@pytest.mark.parametrize(
    ("code", "type", "problem"),
    [
        (400, "question_too_long", Problem(Trouble.QUESTION_TOO_LONG)),
        (400, "invalid_value", Problem(Trouble.REFUSED, "This is invalid_value.")),
        (400, "InvalidKeyException", Problem(Trouble.UNAUTHORISED)),
        (404, "ModelNotFoundException", Problem(Trouble.NOT_FOUND)),
        (413, "too_large", Problem(Trouble.TOO_LARGE, "This is too_large.")),
        (500, "engine_error", Problem(Trouble.FAILED)),
        (503, "ServiceUnavailableException", Problem(Trouble.OVERLOADED)),
        (504, "deadline_exceeded", Problem(Trouble.TIMED_OUT)),
    ],
)
def test_every_refusal_is_a_problem_and_the_history_stays(
    http_stub: HttpStub, caplog: pytest.LogCaptureFixture, code: int, type: str, problem: Problem
) -> None:
    with LukeQAClient(http_stub.url, timeout=1, total_timeout=0.1) as client:
        before = asked(client)
        refused = says(refusal(code, type))
        http_stub.rule = lambda received: Said(HEALTHY) if received.body is None else refused
        after = asked(client, session=before)
    assert (after.problem, after.history) == (problem, before.history)
    assert [record.levelname for record in caplog.records if record.name.endswith("_ui.asking")] == ["WARNING"]


def test_what_the_server_says_cannot_command_the_terminal_that_logs_it(
    client: LukeQAClient, http_stub: HttpStub, caplog: pytest.LogCaptureFixture
) -> None:
    rude = says({**refusal(400, "invalid_value"), "message": "a\x1b]0;b\x07\nc"})
    http_stub.rule = lambda received: Said(HEALTHY) if received.body is None else rude
    asked(client)
    (record,) = caplog.records
    assert "a ]0;b c" in record.getMessage()


def test_a_question_beyond_the_limit_is_told_from_a_text_beyond_it(client: LukeQAClient, http_stub: HttpStub) -> None:
    http_stub.rule = lambda received: (
        Said(HEALTHY) if received.body is None else says(refusal(413, "too_large", field="question"))
    )
    assert asked(client).problem == Problem(Trouble.QUESTION_TOO_LONG)


def test_a_server_that_is_down_is_told_at_once_and_its_address_to_the_log_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with LukeQAClient("http://127.0.0.1:1", total_timeout=300) as client:
        session = asked(client)
    assert session.problem == Problem(Trouble.UNREACHABLE)
    assert "127.0.0.1:1" in caplog.text
    assert "127.0.0.1:1" not in repr(session)


def test_a_server_whose_health_is_hidden_is_asked_all_the_same(client: LukeQAClient, http_stub: HttpStub) -> None:
    usual = http_stub.rule

    def hides_health(received: Received) -> Said:
        return Said(b"", status=404) if received.body is None else usual(received)

    http_stub.rule = hides_health
    assert asked(client).shown is not None


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ({"verdict": "right"}, Verdict(0, 2, 3)),
        ({"verdict": "span", "document": 0, "start": 0, "end": 1}, Verdict(0, 0, 1)),
        ({"verdict": "none"}, Verdict()),
    ],
)
def test_what_the_visitor_says_is_shown_and_kept_until_it_is_taken_back(
    client: LukeQAClient, tmp_path: Path, said: dict[str, object], verdict: Verdict
) -> None:
    feedback = FeedbackFile(tmp_path / "a.jsonl")
    session = judge(asked(client), feedback, said)
    assert session.shown is not None
    assert session.shown.verdict == verdict
    ((question,),) = (paragraph.questions for paragraph in read_questions(feedback.path))
    assert question.text == QUESTION
    assert bool(question.answers) is (verdict.document is not None)
    session = judge(session, feedback, {"verdict": "undo"})
    assert session.shown is not None
    assert session.shown.verdict is None
    assert feedback.path.read_text() == ""


@pytest.mark.parametrize("said", [{}, {"verdict": "span"}, {"verdict": "?"}, {"verdict": ["right"]}])
def test_what_says_nothing_changes_nothing(client: LukeQAClient, tmp_path: Path, said: dict[str, object]) -> None:
    feedback = FeedbackFile(tmp_path / "a.jsonl")
    session = asked(client)
    assert judge(session, feedback, said) == session
    assert judge(Session(), feedback, {"verdict": "right"}) == Session()
    assert feedback.path.read_text() == ""


def test_right_of_no_answer_means_that_there_is_none(client: LukeQAClient, tmp_path: Path) -> None:
    session = judge(asked(client, pasted="雨"), FeedbackFile(tmp_path / "a.jsonl"), {"verdict": "right"})
    assert session.shown is not None
    assert session.shown.verdict == Verdict()
