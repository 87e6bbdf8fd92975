"""What the page's button does, against a server."""

import asyncio
from pathlib import Path
from threading import Event

import pytest

from luke_qa_client import AsyncLukeQAClient
from luke_qa_client._ui.asking import ask, judge
from luke_qa_client._ui.documents import Document, DroppedFile, read_dropped, refused
from luke_qa_client._ui.feedback import FeedbackFile, Verdict
from luke_qa_client._ui.problems import Problem, Trouble
from luke_qa_client._ui.session import Asked, Session
from luke_qa_client.evaluation import read_questions
from tests.support.files import pdf
from tests.unit.client.stub import HEALTHY, HttpStub, Received, Said, refusal, says

QUESTION = "何が好きですか"
TEXT = "私は苺が好きです。"


def result(
    url: str,
    question: str = QUESTION,
    pasted: str = TEXT,
    files: tuple[DroppedFile, ...] = (),
    *,
    most: int = 2,
) -> Asked | Problem:
    async def asked() -> Asked | Problem:
        async with AsyncLukeQAClient(url) as client:
            return await ask(client, question, pasted, files, most=most, allow_no_answer=True)

    return asyncio.run(asked())


def asked(stub: HttpStub, question: str = QUESTION, pasted: str = TEXT, files: tuple[DroppedFile, ...] = ()) -> Asked:
    asked = result(stub.url, question, pasted, files)
    assert isinstance(asked, Asked)
    return asked


def problem(
    stub: HttpStub, question: str = QUESTION, pasted: str = TEXT, files: tuple[DroppedFile, ...] = ()
) -> Problem:
    problem = result(stub.url, question, pasted, files)
    assert isinstance(problem, Problem)
    return problem


def questions(stub: HttpStub) -> list[dict[str, object]]:
    return [received.body for received in stub.received if received.body is not None]


def test_the_answer_comes_with_the_text_that_it_stands_in(http_stub: HttpStub) -> None:
    found = asked(http_stub, f"  {QUESTION}\n")
    assert (found.question, found.answer.answer) == (QUESTION, "苺")
    assert found.documents[found.answer.document or 0].text[found.answer.start : found.answer.end] == "苺"
    assert [place.best.answer for place in found.places] == ["苺", "私"]


def test_the_server_is_asked_over_all_texts_for_enough_answers(http_stub: HttpStub) -> None:
    asked(
        http_stub, QUESTION, f"雨\n---\n{TEXT}", files=(DroppedFile("a.txt", (Document("一\r\n---\r\n二", "a.txt"),)),)
    )
    (body,) = questions(http_stub)
    assert body["context"] == ["雨", TEXT, "一\r\n---\r\n二"]
    assert (body["question"], body["handle_impossible_answer"]) == (QUESTION, True)
    assert body["top_k"] == 10  # answers that overlap make one place


def test_no_more_places_are_kept_than_are_wanted(http_stub: HttpStub) -> None:
    found = result(http_stub.url, most=1)
    assert isinstance(found, Asked)
    assert len(found.places) == 1
    assert found.answer.alternatives == ()


@pytest.mark.parametrize(
    ("question", "pasted", "trouble"),
    [(" ", TEXT, Trouble.NO_QUESTION), (QUESTION, "\n---\n", Trouble.NO_TEXT), ("", "", Trouble.NO_TEXT)],
)
def test_what_is_missing_is_named_without_asking(
    http_stub: HttpStub, question: str, pasted: str, trouble: Trouble
) -> None:
    assert problem(http_stub, question, pasted) == Problem(trouble)
    assert not http_stub.received


def test_a_file_that_cannot_be_read_does_not_stop_the_others(http_stub: HttpStub) -> None:
    good = DroppedFile("a.txt", (Document(TEXT, "a.txt"),))
    bad = refused("b.pdf", Trouble.DAMAGED)
    assert asked(http_stub, QUESTION, "", files=(bad, good)).files == (good,)
    assert problem(http_stub, QUESTION, "", files=(bad,)) == Problem(Trouble.NO_TEXT)


def test_the_pages_of_a_file_are_asked_with_their_lines_joined(http_stub: HttpStub, tmp_path: Path) -> None:
    (tmp_path / "説明.pdf").write_bytes(pdf(["保証は"], ["私は苺が", "好きです。"]))
    found = asked(http_stub, QUESTION, "", files=(read_dropped(tmp_path / "説明.pdf"),))
    assert [(document.name, document.page) for document in found.documents] == [("説明.pdf", 1), ("説明.pdf", 2)]
    (body,) = questions(http_stub)
    assert (body["context"], body["join_lines"]) == (["保証は", "私は苺が\n好きです。"], True)


def test_a_question_that_is_cancelled_gives_its_request_up(http_stub: HttpStub) -> None:
    usual = http_stub.rule
    arrived = Event()

    def slow(received: Received) -> Said:
        if received.body is None:
            return usual(received)
        arrived.set()
        return Said(b"{}", delay=60)

    http_stub.rule = slow

    async def cancel() -> None:
        async with AsyncLukeQAClient(http_stub.url) as client:
            task = asyncio.create_task(ask(client, QUESTION, TEXT, (), most=1, allow_no_answer=False))
            await asyncio.to_thread(arrived.wait)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(cancel())
    assert len(questions(http_stub)) == 1


@pytest.mark.usefixtures("one_try")
@pytest.mark.parametrize(
    ("code", "type", "expected"),
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
def test_every_refusal_is_a_problem(
    http_stub: HttpStub, caplog: pytest.LogCaptureFixture, code: int, type: str, expected: Problem
) -> None:
    refused = says(refusal(code, type))
    http_stub.rule = lambda received: Said(HEALTHY) if received.body is None else refused
    assert problem(http_stub) == expected
    assert [record.levelname for record in caplog.records if record.name.endswith("_ui.asking")] == ["WARNING"]


def test_what_the_server_says_cannot_command_the_terminal_that_logs_it(
    http_stub: HttpStub, caplog: pytest.LogCaptureFixture
) -> None:
    rude = says({**refusal(400, "invalid_value"), "message": "a\x1b]0;b\x07\nc"})
    http_stub.rule = lambda received: Said(HEALTHY) if received.body is None else rude
    problem(http_stub)
    (record,) = caplog.records
    assert "a ]0;b c" in record.getMessage()


def test_a_question_beyond_the_limit_is_told_from_a_text_beyond_it(http_stub: HttpStub) -> None:
    http_stub.rule = lambda received: (
        Said(HEALTHY) if received.body is None else says(refusal(413, "too_large", field="question"))
    )
    assert problem(http_stub) == Problem(Trouble.QUESTION_TOO_LONG)


def test_a_server_that_is_down_is_told_at_once_and_its_address_to_the_log_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert result("http://127.0.0.1:1") == Problem(Trouble.UNREACHABLE)
    assert "127.0.0.1:1" in caplog.text


def test_a_server_whose_health_is_hidden_is_asked_all_the_same(http_stub: HttpStub) -> None:
    usual = http_stub.rule

    def hides_health(received: Received) -> Said:
        return Said(b"", status=404) if received.body is None else usual(received)

    http_stub.rule = hides_health
    assert asked(http_stub)


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ({"verdict": "right"}, Verdict(0, 2, 3)),
        ({"verdict": "span", "document": 0, "start": 0, "end": 1}, Verdict(0, 0, 1)),
        ({"verdict": "none"}, Verdict()),
    ],
)
def test_what_the_visitor_says_is_shown_and_kept_until_it_is_taken_back(
    http_stub: HttpStub, tmp_path: Path, said: dict[str, object], verdict: Verdict
) -> None:
    feedback = FeedbackFile(tmp_path / "a.jsonl")
    session = judge(Session().answered(asked(http_stub)), feedback, said)
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
def test_what_says_nothing_changes_nothing(http_stub: HttpStub, tmp_path: Path, said: dict[str, object]) -> None:
    feedback = FeedbackFile(tmp_path / "a.jsonl")
    session = Session().answered(asked(http_stub))
    assert judge(session, feedback, said) == session
    assert judge(Session(), feedback, {"verdict": "right"}) == Session()
    assert feedback.path.read_text() == ""


def test_right_of_no_answer_means_that_there_is_none(http_stub: HttpStub, tmp_path: Path) -> None:
    session = judge(
        Session().answered(asked(http_stub, QUESTION, "雨")), FeedbackFile(tmp_path / "a.jsonl"), {"verdict": "right"}
    )
    assert session.shown is not None
    assert session.shown.verdict == Verdict()
