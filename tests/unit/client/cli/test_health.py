"""``luke-qa health``."""

import re

import pytest

from tests.unit.client.cli.command import PAGE, assert_fails, luke_qa, questions, without_figures
from tests.unit.client.stub import HttpStub, Received, Said, Stub, answers_natively, refusal, says


def test_a_server_that_answers_is_ready_as_the_page_shows(stub: Stub) -> None:
    run = luke_qa("health", "--url", stub.url)
    told = run.stdout.decode()
    assert (run.returncode, run.stderr) == (0, b"")
    assert re.fullmatch(r"The server reports Healthy\.\nIt answered a test question in \d+ ms\.\n", told)
    assert without_figures(f"$ luke-qa health\n{told}") in without_figures(PAGE)


def test_one_that_only_says_so_is_not(http_stub: HttpStub) -> None:
    def rule(received: Received) -> Said:
        return (
            answers_natively(received) if received.body is None else says(refusal(503, "ServiceUnavailableException"))
        )

    http_stub.rule = rule
    run = luke_qa("health", "--url", http_stub.url, "--timeout", "0.5")
    assert (run.returncode, run.stdout) == (1, b"The server reports Healthy.\n")
    assert b"did not answer a test question. The server's queue is full, or it has no worker." in run.stderr


@pytest.mark.parametrize("status", [200, 500])
def test_one_that_says_that_it_is_not_is_not_asked(http_stub: HttpStub, status: int) -> None:
    http_stub.replies(Said(b'{"status": "Partial Healthy"}', status=status))
    run = luke_qa("health", "--url", http_stub.url)
    assert (run.returncode, run.stdout, run.stderr) == (1, b"The server reports Partial Healthy.\n", b"")
    assert not questions(http_stub)


def test_its_word_alone_can_be_had(http_stub: HttpStub) -> None:
    run = luke_qa("health", "--url", http_stub.url, "--no-question")
    assert (run.returncode, run.stdout) == (0, b"The server reports Healthy.\n")
    assert not questions(http_stub)


def test_a_refused_key_is_a_sentence(http_stub: HttpStub) -> None:
    http_stub.replies(says(refusal(400, "InvalidKeyException")))
    assert_fails(luke_qa("health", "--url", http_stub.url), 1, "This is InvalidKeyException.")
