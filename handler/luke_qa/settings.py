"""The server's settings: the ``handler:`` section of ``model-config.yaml``, read once into one typed object."""

import logging
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from luke_qa.choices import Backend, Decoding
from luke_qa.cost import MAX_WINDOW_TOKENS

logger = logging.getLogger(__name__)

Count = Annotated[int, Field(ge=1, strict=True)]


class SettingsError(Exception):
    """A setting is unknown or wrong. The message names it and what is allowed."""


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Settings:
    """What an operator can choose. ``auto`` is resolved at start, from the machine and the model."""

    backend: Backend = Backend.AUTO
    device: Annotated[str, Field(pattern=r"^(auto|cpu|cuda(:\d+)?)$")] = "auto"
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    # Threads per worker; auto divides the cores among the workers.
    threads: Count | Literal["auto"] = "auto"
    # Tokens per forward pass.
    token_budget: Annotated[int, Field(ge=16, strict=True)] | Literal["auto"] = "auto"
    decoding: Decoding = Decoding.JOINT
    # In joint decoding, an answer stays within a sentence, a line, a table's cell and its brackets.
    answer_boundaries: Annotated[bool, Field(strict=True)] = True
    # Seconds that a request may wait for a worker, if a proxy in front says when it arrived (X-Request-Start).
    max_wait: Annotated[float, Field(gt=0, strict=True)] = 30.0
    # Seconds for the computation of one batch. Below responseTimeout, at which TorchServe kills the worker.
    time_limit: Annotated[float, Field(gt=0, strict=True)] = 100.0

    # Default options of a request, in tokens. auto: the model's maximum input length.
    max_seq_len: Annotated[int, Field(ge=16, strict=True)] | Literal["auto"] = "auto"
    doc_stride: Annotated[int, Field(ge=0, strict=True)] = 128
    max_answer_len: Annotated[int, Field(ge=1, le=128, strict=True)] = 30
    # The windows that are read for a question at most, the most promising of all its documents.
    max_windows: Count | Literal["all"] = 8

    # Limits of one request.
    max_questions: Count = 64
    max_documents: Count = 1000
    max_pairs: Count = 64
    max_question_chars: Count = 1000
    max_context_chars: Count = 400_000
    # Tokens of all windows: the cost of a request, however it is made up.
    max_window_tokens: Count = MAX_WINDOW_TOKENS
    # Bytes of a gzipped request, inflated; as max_request_size (config.properties) for one that is not.
    max_inflated_bytes: Count = 3_000_000
    # Bytes of a response. Below max_response_size, at which TorchServe kills the worker.
    max_response_bytes: Count = 6_000_000


def read_settings(section: object) -> Settings:
    """Read the settings from the parsed YAML section (None or empty: the defaults).

    Raises:
        SettingsError: it names the first setting that is unknown or wrong.
    """
    if section is not None and not isinstance(section, Mapping):
        raise SettingsError("model-config.yaml: handler must be a mapping of settings.")
    section = _renamed(section or {})
    try:
        return TypeAdapter(Settings).validate_python(section)
    except ValidationError as error:
        first = error.errors()[0]
        name = first["loc"][0]
        if first["type"] == "unexpected_keyword_argument":
            known = ", ".join(Settings.__dataclass_fields__)
            raise SettingsError(
                f"model-config.yaml: handler.{name} is not a known setting. The settings are: {known}."
            ) from error
        reasons = "; or ".join(dict.fromkeys(e["msg"] for e in error.errors() if e["loc"][:1] == first["loc"][:1]))
        raise SettingsError(
            f"model-config.yaml: handler.{name} is {first['input']!r}, which is not allowed: {reasons}."
        ) from error


def check_against(settings: Settings, max_tokens: int, response_timeout: float | None) -> None:
    """Check the settings against the model's longest input and TorchServe's ``responseTimeout`` (None: not set).

    Raises:
        SettingsError: they contradict each other.
    """
    if settings.max_seq_len != "auto" and settings.max_seq_len > max_tokens:
        raise SettingsError(
            f"model-config.yaml: handler.max_seq_len is {settings.max_seq_len}, "
            f"but this model takes at most {max_tokens} tokens."
        )
    if response_timeout is not None and settings.time_limit >= response_timeout:
        raise SettingsError(
            f"model-config.yaml: handler.time_limit ({settings.time_limit:g}) must be below responseTimeout "
            f"({response_timeout:g}), or TorchServe kills the worker first."
        )


def _renamed(section: Mapping[str, Any]) -> Mapping[str, Any]:
    """Accept ``engine``, the name of ``backend`` in version 0.1."""
    if "engine" not in section:
        return section
    if "backend" in section:
        raise SettingsError("model-config.yaml: handler.engine is the old name of handler.backend. Remove it.")
    logger.warning("model-config.yaml: handler.engine is now handler.backend. The old name works until 0.3.")
    return {("backend" if name == "engine" else name): value for name, value in section.items()}
