"""What goes into the archive: a choice that is kept until it is changed."""

import os
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from luke_qa.choices import Backend
from ops.errors import UsageError
from ops.layout import ROOT
from ops.options import Parser
from ops.profiles import Profile

Value = TypeVar("Value", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice. Paths inside the repository are relative to it.

    Attributes:
        end_label: ``exclusive`` or ``inclusive``; empty if the checkpoint declares it.
        int8: the question set to calibrate and validate an int8 graph; None: no int8.
    """

    checkpoint: Path = Path("checkpoints/embedded")
    end_label: str = ""
    backend: Backend = Backend.TORCH
    int8: Path | None = None
    profile: Profile = Profile.AUTO


@dataclass(frozen=True, slots=True)
class Request:
    """The requested values, as text; None: not given."""

    checkpoint: str | None = None
    end_label: str | None = None
    backend: str | None = None
    int8: str | None = None
    profile: str | None = None


def choose(asked: Request, last: Choice) -> Choice:
    """The last choice, with the requested changes.

    An end label belongs to its checkpoint and an int8 graph to OpenVINO, so a change of those resets them. An
    empty ``end_label`` or ``int8`` resets the choice; any other empty text counts as not given.

    Raises:
        UsageError: a value is not allowed, or int8 is requested without OpenVINO.
    """
    checkpoint = in_repository(asked.checkpoint) if asked.checkpoint else last.checkpoint
    backend = _one_of([Backend.TORCH, Backend.OPENVINO], "BACKEND", asked.backend) if asked.backend else last.backend
    profile = _one_of(list(Profile), "PROFILE", asked.profile) if asked.profile else last.profile
    end_label = asked.end_label
    if end_label is None:
        end_label = last.end_label if checkpoint == last.checkpoint else ""
    if asked.int8 is not None:
        int8 = in_repository(asked.int8) if asked.int8 else None
    else:
        int8 = last.int8 if backend is Backend.OPENVINO else None
    if int8 and backend is not Backend.OPENVINO:
        raise UsageError("INT8 needs BACKEND=openvino.")
    return Choice(checkpoint, end_label, backend, int8, profile)


def add_choice_options(parser: Parser) -> None:
    """Add the options that ``read_request`` reads."""
    parser.add_option("checkpoint", "directory of the checkpoint to package")
    parser.add_option(
        "end-label",
        "what an end label points at, if the checkpoint does not declare it: exclusive (the token after the answer) "
        "or inclusive (its last token)",
    )
    parser.add_option("backend", "what runs the forward pass: torch or openvino")
    parser.add_option("int8", "question set to calibrate and validate OpenVINO's int8 graph; empty: no int8")
    parser.add_option("profile", "batching and workers: cpu, gpu, or auto to suit this machine")
    parser.add_option("engine", "deprecated: the former name of --backend")


def read_request(options: Namespace) -> Request:
    """Read the options of ``add_choice_options``."""
    return Request(
        options.checkpoint, options.end_label, options.backend or options.engine, options.int8, options.profile
    )


def deprecations(options: Namespace) -> list[str]:
    """A line for every option that has been renamed."""
    if options.engine is None:
        return []
    return ["ENGINE is deprecated and will be removed in the next version: use BACKEND."]


def in_repository(text: str) -> Path:
    """The path that ``text`` names from the working directory; relative to the repository if it lies inside."""
    path = Path(os.path.abspath(text))
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def _one_of(allowed: Sequence[Value], name: str, value: str) -> Value:
    for each in allowed:
        if each == value:
            return each
    raise UsageError(f"{name} must be {' or '.join(allowed)}, not {value!r}.")
