import logging
import os
import subprocess
import sys
from typing import Any

import pytest

from luke_qa.choices import Backend, Decoding
from luke_qa.settings import Settings, SettingsError, check_against, read_settings

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


@pytest.mark.parametrize("section", [None, {}])
def test_everything_has_a_default(section: dict[str, Any] | None) -> None:
    assert read_settings(section) == Settings()


def test_settings_are_read_into_their_types() -> None:
    settings = read_settings(
        {"decoding": "card", "device": "cuda:1", "threads": 4, "max_seq_len": 384, "time_limit": 5}
    )
    assert settings == Settings(decoding=Decoding.CARD, device="cuda:1", threads=4, max_seq_len=384, time_limit=5.0)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Settings().device = "cpu"  # type: ignore[misc]


def test_an_unknown_setting_is_named_with_those_there_are() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({"batch_size": 4})
    assert "handler.batch_size" in str(caught.value)
    assert all(name in str(caught.value) for name in Settings.__dataclass_fields__)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("device", "gpu", "cuda"),
        ("device", 0, "string"),
        ("dtype", "fp16", "bfloat16"),
        ("threads", 0, "auto"),
        ("threads", True, "integer"),
        ("threads", "4", "integer"),
        ("token_budget", 8, "16"),
        ("decoding", "beam", "card"),
        ("time_limit", 0, "greater than 0"),
        ("time_limit", "soon", "number"),
        ("time_limit", True, "number"),
        ("time_limit", float("nan"), "greater than 0"),
        ("max_wait", 0, "greater than 0"),
        ("max_seq_len", 8, "16"),
        ("max_seq_len", None, "auto"),
        ("doc_stride", -1, "0"),
        ("doc_stride", 1.5, "integer"),
        ("max_answer_len", 129, "128"),
        ("max_questions", 0, "1"),
        ("max_context_chars", "200000", "integer"),
        ("max_response_bytes", None, "integer"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(name: str, value: object, allowed: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({name: value})
    message = str(caught.value)
    assert f"handler.{name} " in message
    assert repr(value) in message
    assert allowed in message
    assert message.endswith(".")


@pytest.mark.parametrize("section", [[], "auto", 5])
def test_a_section_that_is_not_a_mapping_is_an_error(section: Any) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(section)
    assert "handler" in str(caught.value)
    assert "handler.handler" not in str(caught.value)


def test_the_longest_input_must_fit_the_model() -> None:
    check_against(Settings(max_seq_len=128), max_tokens=128, response_timeout=None)
    with pytest.raises(SettingsError, match=r"handler\.max_seq_len is 129, but this model takes at most 128 tokens\."):
        check_against(Settings(max_seq_len=129), max_tokens=128, response_timeout=None)


def test_a_batch_must_end_before_torchserve_kills_the_worker() -> None:
    check_against(Settings(time_limit=100), max_tokens=128, response_timeout=120)
    with pytest.raises(SettingsError, match=r"handler\.time_limit \(120\) must be below responseTimeout \(120\)"):
        check_against(Settings(time_limit=120), max_tokens=128, response_timeout=120)


def test_the_old_name_of_the_backend_still_works_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)  # nncf, in another test, raises the level of all
    assert read_settings({"engine": "torch", "threads": 2}) == Settings(backend=Backend.TORCH, threads=2)
    assert "handler.backend" in caplog.text
    with pytest.raises(SettingsError, match=r"handler\.engine is the old name"):
        read_settings({"engine": "torch", "backend": "openvino"})


def test_settings_are_read_without_a_backend() -> None:
    code = "import sys, luke_qa.settings; print(sorted({'torch', 'openvino'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=ENVIRONMENT)
    assert done.stdout.strip() == "[]"
