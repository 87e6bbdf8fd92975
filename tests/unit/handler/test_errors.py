import inspect
from http import HTTPStatus

import pytest

from luke_qa import errors
from luke_qa.errors import RequestError

KINDS = RequestError.__subclasses__()


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = [line.split()[1:3] for line in inspect.getdoc(errors).splitlines() if line[:1] in "├└" and line]  # type: ignore[union-attr]
    assert sorted(drawn) == sorted([kind.__name__, str(kind.code)] for kind in KINDS)


def test_every_error_has_a_word_of_its_own_and_a_status_with_an_ascii_phrase() -> None:
    assert len({kind.type for kind in KINDS}) == len(KINDS)
    assert all(kind.type.isidentifier() and kind.type.islower() for kind in KINDS)
    assert all(HTTPStatus(kind.code).phrase.isascii() for kind in KINDS)


def test_an_error_carries_its_sentence_and_its_field() -> None:
    error = errors.InvalidOption("top_k must be small.", "top_k")
    assert (str(error), error.field, error.code) == ("top_k must be small.", "top_k", 400)
    assert errors.EngineFault("It failed.").field is None


def test_an_error_of_the_engine_is_told_by_the_callers_name_for_the_part() -> None:
    error = errors.InvalidValue("{part} contains no readable text.", errors.Part("context", 1))
    assert (str(error), error.field) == ("context[1] contains no readable text.", "context[1]")
    renamed = error.renamed("inputs.context")
    assert type(renamed) is errors.InvalidValue
    assert (str(renamed), renamed.field) == ("inputs.context contains no readable text.", "inputs.context")


def test_the_log_names_the_request_that_failed_and_nothing_of_the_caller_breaks_its_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert type(errors.report_failure(ZeroDivisionError("no"), "依頼-7\nx")) is errors.EngineFault
    assert type(errors.report_failure(MemoryError())) is errors.OutOfMemory
    assert errors.report_failure(errors.TooLarge("It is too large."), "7").code == 413
    named, forward_pass = caplog.messages
    assert named.startswith("Request '\\u4f9d\\u983c-7\\nx' failed in the server.\nZeroDivisionError: no")
    assert forward_pass.startswith("A forward pass failed in the server.\nMemoryError")
