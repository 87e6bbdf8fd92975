"""The session of a visitor."""

from luke_qa_client import Answer
from luke_qa_client._ui.documents import Document, DroppedFile
from luke_qa_client._ui.feedback import Verdict
from luke_qa_client._ui.problems import Problem, Trouble
from luke_qa_client._ui.session import KEPT, KEPT_CHARACTERS, Asked, Session


def asked(question: str, text: str = "私は苺が好きです。", files: tuple[DroppedFile, ...] = ()) -> Asked:
    return Asked(question, text, files, Answer("苺", 0.9, 2, 3, 0, 0.1, "id"))


def test_the_documents_of_a_question_are_those_of_its_text_and_its_files() -> None:
    files = (DroppedFile("a.txt", (Document("三", "a.txt"),)), DroppedFile("b.txt", (Document("四", "b.txt"),)))
    assert [document.text for document in asked("一", "一\n---\n二", files).documents] == ["一", "二", "三", "四"]


def test_a_new_session_shows_nothing() -> None:
    assert Session().shown is None


def test_an_answered_question_is_kept_and_shown() -> None:
    session = Session().answered(asked("一")).answered(asked("二"))
    assert [each.question for each in session.history] == ["一", "二"]
    assert session.shown == asked("二")


def test_an_earlier_question_can_be_shown_again() -> None:
    session = Session().answered(asked("一")).answered(asked("二")).showing(0)
    assert session.shown == asked("一")
    assert len(session.history) == 2


def test_a_problem_is_shown_in_place_of_an_answer_and_not_kept() -> None:
    problem = Problem(Trouble.UNREACHABLE)
    session = Session().answered(asked("一")).failed(problem)
    assert (session.shown, session.problem, len(session.history)) == (None, problem, 1)
    assert session.showing(0).problem is None
    assert session.answered(asked("二")).problem is None


def test_the_last_questions_are_kept_and_the_rest_forgotten() -> None:
    session = Session()
    for number in range(KEPT + 3):
        session = session.answered(asked(str(number)))
    assert [each.question for each in session.history] == [str(number) for number in range(3, KEPT + 3)]
    assert session.shown == asked(str(KEPT + 2))


def test_of_long_texts_fewer_questions_are_kept_but_always_the_newest() -> None:
    length = KEPT_CHARACTERS // 3
    session = Session()
    for number in range(5):
        session = session.answered(asked(str(number), str(number) * length))
    assert [each.question for each in session.history] == ["2", "3", "4"]
    session = session.answered(asked("long", "苺" * (KEPT_CHARACTERS + 1)))
    assert [each.question for each in session.history] == ["long"]
    assert session.shown is session.history[0]


def test_a_text_that_several_questions_share_counts_once() -> None:
    half = "苺" * (KEPT_CHARACTERS // 2)
    manual = DroppedFile("a.txt", (Document(half, "a.txt"),))
    session = Session()
    for number in range(9):
        session = session.answered(asked(str(number), half, (manual,)))
    assert len(session.history) == 9


def test_a_question_that_is_no_longer_kept_cannot_be_shown() -> None:
    assert Session().showing(0) == Session()
    assert Session().answered(asked("一")).showing(-1).shown is None


def test_the_session_before_stays_as_it_was() -> None:
    before = Session()
    before.answered(asked("一"))
    assert before == Session()


def test_a_verdict_is_about_the_answer_that_is_shown() -> None:
    session = Session().answered(asked("一")).answered(asked("二")).showing(0).judged(Verdict())
    assert [each.verdict for each in session.history] == [Verdict(), None]
    assert session.judged(None).shown == asked("一")
    assert Session().judged(Verdict()) == Session()
