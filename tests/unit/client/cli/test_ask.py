"""``luke-qa ask``."""

import json
from pathlib import Path

import pytest

from tests.unit.client.cli.command import CONTEXT, PAGE, QUESTION, assert_fails, luke_qa, questions
from tests.unit.client.process import CLIENT
from tests.unit.client.stub import HEALTHY, HttpStub, Said, Stub, refusal, says, texts_of


def test_an_answer_is_printed_with_score_and_place_as_the_readme_and_the_page_show(stub: Stub) -> None:
    run = luke_qa("ask", QUESTION, CONTEXT, "--url", stub.url)
    assert (run.returncode, run.stderr) == (0, b"")
    assert run.stdout.decode() == "苺  0.9910  [2:3]\n"
    for text in ((CLIENT / "README.md").read_text("utf-8"), PAGE):
        assert f"$ luke-qa ask {QUESTION} {CONTEXT}\n{run.stdout.decode()}" in text


@pytest.mark.parametrize(
    "words",
    [
        (QUESTION, "--top-k", "2", CONTEXT),
        ("--top-k", "2", QUESTION, CONTEXT),
        (QUESTION, "--guess", CONTEXT, "--top-k", "2"),
        ("--top-k", "2", "--", QUESTION, CONTEXT),
    ],
)
def test_options_may_stand_anywhere(http_stub: HttpStub, words: tuple[str, ...]) -> None:
    run = luke_qa("ask", "--url", http_stub.url, *words)
    assert (run.returncode, run.stdout.decode()) == (0, "苺  0.9910  [2:3]\n私  0.0100  [0:1]\n")


def test_a_text_that_begins_with_a_dash_follows_two(http_stub: HttpStub) -> None:
    assert luke_qa("ask", "--url", http_stub.url, QUESTION, "--", "-苺").returncode == 0
    assert questions(http_stub)[0].body["context"] == "-苺"
    mixed = luke_qa("ask", QUESTION, "--url", http_stub.url, "--", "-苺")
    assert_fails(mixed, 2, "luke-qa ask: error: before --, put the options in front of the arguments.")


def test_a_context_that_names_a_file_is_asked_with_a_hint(http_stub: HttpStub, tmp_path: Path) -> None:
    file = tmp_path / "苺.txt"
    file.write_text(CONTEXT, "utf-8")
    run = luke_qa("ask", QUESTION, str(file), "--url", http_stub.url)
    assert questions(http_stub)[0].body["context"] == str(file)
    assert run.stderr.decode() == f"luke-qa: CONTEXT is taken as the text itself. Did you mean --file {file}?\n"
    run = luke_qa("ask", str(file), QUESTION, "--url", http_stub.url)
    meant = f"{QUESTION} --file {file}"
    assert run.stderr.decode() == f"luke-qa: QUESTION is taken as the question itself. Did you mean {meant}?\n"


@pytest.mark.parametrize("text", ["苺" * 5000, "苺\0"])
def test_a_text_that_can_name_no_file_gets_no_hint(http_stub: HttpStub, text: str) -> None:
    run = luke_qa("ask", QUESTION, text, "--url", http_stub.url)
    assert (run.returncode, run.stderr) == (0, b"")


def test_alternatives_follow_each_on_its_line(http_stub: HttpStub) -> None:
    run = luke_qa("ask", QUESTION, CONTEXT, "--top-k", "2", "--url", http_stub.url)
    assert run.stdout.decode() == "苺  0.9910  [2:3]\n私  0.0100  [0:1]\n"


def test_no_answer_is_called_one_and_has_a_status_of_its_own(http_stub: HttpStub) -> None:
    run = luke_qa("ask", QUESTION, "雨", "--url", http_stub.url)
    assert run.stdout.decode() == "(probably not in the text)  0.9000\n"
    assert (run.returncode, run.stderr) == (3, b"")
    assert luke_qa("ask", QUESTION, "雨", "--json", "--url", http_stub.url).returncode == 3


def sure(confidence: str) -> Said:
    span = {"answer": "苺", "score": 0.5, "start": 2, "end": 3, "document": 0}
    sureness = {"no_answer_score": 0.4, "place_score": 0.55, "confidence": confidence}
    return says({**span, **sureness, "answers": [span], "request_id": "r"})


def test_what_is_probably_not_in_the_text_is_said_instead_of_the_guess(http_stub: HttpStub) -> None:
    http_stub.replies(sure("none"))
    run = luke_qa("ask", QUESTION, CONTEXT, "--url", http_stub.url)
    assert (run.returncode, run.stdout.decode()) == (3, "(probably not in the text)  0.4000\n")
    http_stub.replies(sure("none"))
    run = luke_qa("ask", QUESTION, CONTEXT, "--guess", "--url", http_stub.url)
    assert (run.returncode, run.stdout.decode()) == (3, "苺  0.5000  [2:3]\n")


def test_an_answer_that_is_unsure_is_called_so_beside_it(http_stub: HttpStub) -> None:
    http_stub.replies(sure("low"))
    run = luke_qa("ask", QUESTION, CONTEXT, "--url", http_stub.url)
    assert (run.returncode, run.stdout.decode()) == (0, "苺  0.5000  [2:3]\n")
    assert run.stderr.decode() == "luke-qa: The server is not sure of this answer.\n"


def test_json_is_the_native_answer_object_unescaped(http_stub: HttpStub) -> None:
    run = luke_qa("ask", QUESTION, CONTEXT, "--json", "--url", http_stub.url)
    answer = json.loads(run.stdout)
    assert "苺".encode() in run.stdout
    assert list(answer) == [
        "answer",
        "score",
        "start",
        "end",
        "document",
        "no_answer_score",
        "place_score",
        "confidence",
        "answers",
        "request_id",
    ]
    assert answer["answers"] == [{"answer": "苺", "score": 0.9910, "start": 2, "end": 3, "document": 0}]


@pytest.mark.parametrize("text", [f"\r\n{CONTEXT}\r\n", "㍿\n😀苺"])
def test_the_context_may_come_from_standard_input_or_a_file_byte_for_byte(
    http_stub: HttpStub, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "文.txt"
    file.write_bytes(text.encode())
    assert luke_qa("ask", QUESTION, "-", "--url", http_stub.url, input=text.encode()).returncode == 0
    assert luke_qa("ask", QUESTION, "--file", str(file), "--url", http_stub.url).returncode == 0
    assert [received.body["context"] for received in questions(http_stub)] == [text, {"text": text, "title": str(file)}]


def test_a_byte_order_mark_is_no_part_of_the_context(http_stub: HttpStub, tmp_path: Path) -> None:
    file = tmp_path / "文.txt"
    file.write_bytes(CONTEXT.encode("utf-8-sig"))
    by_file = luke_qa("ask", QUESTION, "--file", str(file), "--url", http_stub.url)
    by_pipe = luke_qa("ask", QUESTION, "-", "--url", http_stub.url, input=file.read_bytes())
    assert by_file.stdout.decode() == by_pipe.stdout.decode() == "苺  0.9910  [2:3]\n"


def test_a_try_that_hangs_is_followed_by_another(http_stub: HttpStub) -> None:
    http_stub.replies_first(Said(HEALTHY), Said(b"{}", delay=30.0))
    run = luke_qa("ask", QUESTION, CONTEXT, "--url", http_stub.url, "--timeout", "4")
    assert (run.returncode, run.stdout.decode()) == (0, "苺  0.9910  [2:3]\n")
    assert len(questions(http_stub)) == 2


def test_a_terminal_is_not_controlled_by_what_an_answer_holds(http_stub: HttpStub) -> None:
    span = {"answer": "\x1b[31m苺\n\x9b2J", "score": 0.5, "start": 0, "end": 9, "document": 0}
    http_stub.replies(says({**span, "no_answer_score": 0.1, "answers": [span], "request_id": "r"}))
    run = luke_qa("ask", QUESTION, CONTEXT, "--url", http_stub.url)
    assert run.stdout.decode() == " [31m苺 2J  0.5000  [0:9]\n"


def test_a_lone_surrogate_is_printed_escaped(http_stub: HttpStub) -> None:
    span = {"answer": "\ud800", "score": 0.5, "start": 0, "end": 1, "document": 0}
    body = json.dumps({**span, "no_answer_score": 0.1, "answers": [span], "request_id": "r"}).encode()
    http_stub.replies(Said(body))
    run = luke_qa("ask", QUESTION, CONTEXT, "--json", "--url", http_stub.url)
    assert json.loads(run.stdout)["answer"] == "\ud800"


@pytest.mark.parametrize(
    ("code", "type", "status"),
    [
        (400, "invalid_option", 2),
        (400, "InvalidKeyException", 1),
        (413, "too_large", 2),
        (422, "crashes_workers", 2),
        (500, "engine_error", 1),
        (504, "deadline_exceeded", 1),
    ],
)
def test_a_refusal_is_a_sentence_and_a_status(http_stub: HttpStub, code: int, type: str, status: int) -> None:
    http_stub.replies(says(refusal(code, type, field="top_k")))
    asked = ("ask", QUESTION, CONTEXT, "--url", http_stub.url, "--timeout", "0.5")
    run = luke_qa(*asked)
    assert_fails(run, status, f"luke-qa: This is {type}.")
    assert "[" not in run.stderr.decode()
    assert_fails(luke_qa(*asked, "--verbose"), status, f"luke-qa: This is {type}.", f"[status {code}, ", "servers-id")


def test_the_question_may_come_from_standard_input(http_stub: HttpStub) -> None:
    run = luke_qa("ask", "-", CONTEXT, "--url", http_stub.url, input=f"{QUESTION}\n".encode())
    assert run.stdout.decode() == "苺  0.9910  [2:3]\n"
    assert questions(http_stub)[0].body["question"] == QUESTION


def test_a_text_that_is_piped_in_needs_no_dash(http_stub: HttpStub) -> None:
    run = luke_qa("ask", QUESTION, "--url", http_stub.url, input=CONTEXT.encode())
    assert run.stdout.decode() == "苺  0.9910  [2:3]\n"


@pytest.mark.parametrize("input", [b"", b" \n"])
def test_nothing_piped_in_is_told_how_to_give_a_text(http_stub: HttpStub, input: bytes) -> None:
    run = luke_qa("ask", QUESTION, "--url", http_stub.url, input=input)
    assert_fails(run, 2, "Give the text: as CONTEXT, with --file, or on standard input.")
    assert http_stub.received == []


def test_one_option_takes_many_files_and_the_question_may_stand_behind_them(
    http_stub: HttpStub, tmp_path: Path
) -> None:
    for name, text in (("雨.txt", "今日は雨です。"), ("苺.txt", CONTEXT)):
        (tmp_path / name).write_text(text, "utf-8")
    files = [str(tmp_path / "雨.txt"), str(tmp_path / "苺.txt")]
    both, each = ["--file", *files], ["--file", files[0], "--file", files[1]]
    for order in ([QUESTION, *both], [*both, QUESTION], [*each, QUESTION]):
        run = luke_qa("ask", "--url", http_stub.url, *order)
        assert run.stdout.decode() == f"苺  0.9910  [2:3]  {files[1]}\n"
    assert [received.body["question"] for received in questions(http_stub)] == [QUESTION] * 3


@pytest.mark.parametrize("named", ["", "*.txt", "**/*.txt", "[あ苺].txt"])
def test_a_folder_and_a_pattern_are_all_their_texts(http_stub: HttpStub, tmp_path: Path, named: str) -> None:
    (tmp_path / "tief").mkdir()
    for name in ("あ.txt", "苺.txt", "tief/雨.md", "picture.png", ".hidden.txt"):
        (tmp_path / name).write_text(f"{name}の苺", "utf-8")
    assert luke_qa("ask", QUESTION, "--file", str(tmp_path / named), "--url", http_stub.url).returncode == 0
    texts = [*([] if named else ["tief/雨.mdの苺"]), "あ.txtの苺", "苺.txtの苺"]
    assert texts_of(questions(http_stub)[0].body["context"]) == texts


@pytest.mark.parametrize(
    ("named", "sentence"),
    [("", "contains no files that can be read (.docx, .html, "), ("*.txt", "*.txt matches no file.")],
)
def test_a_folder_or_a_pattern_without_texts_is_told(tmp_path: Path, named: str, sentence: str) -> None:
    assert_fails(luke_qa("ask", QUESTION, "--file", str(tmp_path / named)), 2, sentence)


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(http_stub: HttpStub, tmp_path: Path) -> None:
    (tmp_path / "[1].txt").write_text(CONTEXT, "utf-8")
    assert luke_qa("ask", QUESTION, "--file", str(tmp_path / "[1].txt"), "--url", http_stub.url).returncode == 0


def test_the_answer_of_several_files_says_in_which_it_stands(http_stub: HttpStub, tmp_path: Path) -> None:
    files = [tmp_path / "雨.txt", tmp_path / "苺.txt"]
    files[0].write_text("今日は雨です。", "utf-8")
    files[1].write_text(CONTEXT, "utf-8")
    run = luke_qa("ask", QUESTION, "--file", str(files[0]), "--file", str(files[1]), "--url", http_stub.url)
    assert run.stdout.decode() == f"苺  0.9910  [2:3]  {files[1]}\n"
    assert questions(http_stub)[0].body["context"] == [
        {"text": "今日は雨です。", "title": str(files[0])},
        {"text": CONTEXT, "title": str(files[1])},
    ]


def test_what_cannot_be_read_does_not_keep_the_others_from_being_asked(http_stub: HttpStub, tmp_path: Path) -> None:
    (tmp_path / "苺.txt").write_text(CONTEXT, "utf-8")
    (tmp_path / "empty.txt").touch()
    (tmp_path / "damaged.docx").write_bytes(b"PK\3\4")
    (tmp_path / "folder").mkdir()
    names = ("none.txt", "empty.txt", "苺.txt", "damaged.docx", "folder", "*.md")
    run = luke_qa("ask", QUESTION, "--file", *(str(tmp_path / name) for name in names), "--url", http_stub.url)
    assert (run.returncode, run.stdout.decode()) == (0, "苺  0.9910  [2:3]\n")
    told = run.stderr.decode().replace(f"luke-qa: {tmp_path}/", "").splitlines()
    assert [line.split(" (.")[0] for line in told] == [
        "folder contains no files that can be read",
        "*.md matches no file.",
        "none.txt is left out: No such file or directory.",
        "empty.txt is left out: it is empty.",
        "damaged.docx is left out: it is damaged: the file is cut off, or is not what its name says.",
    ]


def test_if_nothing_can_be_read_nothing_is_asked(http_stub: HttpStub, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    for names, sentence in (
        (("none.txt", "empty.txt"), "None of the files has a text"),
        (("*.md", "*.txt?"), "No files"),
    ):
        files = [str(tmp_path / name) for name in names]
        assert_fails(luke_qa("ask", QUESTION, "--file", *files, "--url", http_stub.url), 2, sentence)
    assert http_stub.received == []


@pytest.mark.parametrize(("given", "sent"), [((), None), (("--no-answer",), True)])
def test_no_answer_wins_only_where_it_may(http_stub: HttpStub, given: tuple[str, ...], sent: bool | None) -> None:
    assert luke_qa("ask", QUESTION, CONTEXT, *given, "--url", http_stub.url).returncode == 0
    assert questions(http_stub)[0].body.get("handle_impossible_answer") is sent


def test_a_document_that_was_not_sent_is_no_traceback(http_stub: HttpStub, tmp_path: Path) -> None:
    span = {"answer": "苺", "score": 0.5, "start": 0, "end": 1, "document": 7}
    http_stub.replies(says({**span, "no_answer_score": 0.1, "answers": [span], "request_id": "r"}))
    (tmp_path / "a").write_text(CONTEXT, "utf-8")
    file = ("--file", str(tmp_path / "a"))
    assert luke_qa("ask", QUESTION, *file, *file, "--url", http_stub.url).stdout.decode() == "苺  0.5000  [0:1]\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("ask",), "QUESTION"),
        (("ask", "q"), "Standard input cannot be read: it is not a text in UTF-8, UTF-16"),
        (("ask", "q", "c", "--file", "f"), "either as CONTEXT or with --file"),
        (("ask", "--file", "f"), "Give a QUESTION"),
        (("ask", "-"), "the question or the text, not both"),
        (("ask", "q", "--file", "/no/such/file"), "No such file"),
        (("ask", "q", "-"), "Standard input cannot be read: it is not a text in UTF-8, UTF-16"),
        (("ask", "-", "-"), "the question or the text, not both"),
        (("ask", "q", "c", "--top-k", "three"), "--top-k"),
    ],
)
def test_bad_usage_is_a_sentence_and_status_2(arguments: tuple[str, ...], sentence: str) -> None:
    assert_fails(luke_qa(*arguments, input=b"a\xff\xff"), 2, sentence)
