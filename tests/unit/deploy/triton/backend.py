"""Stands in for ``triton_python_backend_utils``, which only Triton's own processes can import."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np


class TritonModelException(Exception):
    pass


@dataclass
class TritonError:
    message: str
    code: int

    CANCELLED: ClassVar[int] = 7


@dataclass
class Tensor:
    tensor_name: str
    values: Any

    def name(self) -> str:
        return self.tensor_name

    def as_numpy(self) -> Any:
        return self.values


@dataclass
class InferenceResponse:
    output_tensors: Sequence[Tensor] = ()
    error: TritonError | None = None


@dataclass
class Counter:
    value: float = 0

    def increment(self, number: float) -> None:
        self.value += number


class MetricFamily:
    COUNTER = 0

    def __init__(self, name: str, description: str, kind: int) -> None:
        self.counters: dict[str, Counter] = {}

    def Metric(self, labels: Mapping[str, str]) -> Counter:  # noqa: N802 - Triton's name
        return self.counters.setdefault(labels["outcome"], Counter())


@dataclass
class Request:
    """A request with its inputs by name; each is a list of rows."""

    tensors: Mapping[str, Sequence[Sequence[Any]]]
    id: str = ""
    headers: str = ""
    cancelled: bool = False
    asked: list[bool] = field(default_factory=list)

    def inputs(self) -> list[Tensor]:
        texts = {name: any(isinstance(v, bytes) for row in rows for v in row) for name, rows in self.tensors.items()}
        return [
            Tensor(name, np.array(rows, dtype=object if texts[name] else None)) for name, rows in self.tensors.items()
        ]

    def request_id(self) -> str:
        return self.id

    def parameters(self) -> str:
        return self.headers

    def is_cancelled(self) -> bool:
        self.asked.append(self.cancelled)
        return self.cancelled
