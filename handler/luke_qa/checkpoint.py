"""A checkpoint directory: its layout, its configuration, its weights.

Layout: ``config.json``, ``sentencepiece.bpe.model`` and ``model.safetensors`` (or ``pytorch_model.bin``),
as saved by transformers for ``LukeForQuestionAnswering``. Any fault in these files becomes a ``CheckpointError``,
whose message is one sentence that names the file.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sentencepiece
import torch
from safetensors import SafetensorError, safe_open

from luke_qa.choices import EndLabel
from luke_qa.metadata import UNFITTED, Fitted, read_metadata

CONFIG_FILE = "config.json"
TOKENIZER_FILE = "sentencepiece.bpe.model"
SAFETENSORS_FILE = "model.safetensors"
WEIGHTS_FILES = (SAFETENSORS_FILE, "pytorch_model.bin")
GRAPH_FILES = ("openvino_model.xml", "openvino_model.bin")
METADATA_KEY = "luke_qa"

# <s> is id 0, so sentencepiece ids shift by one; <mask>, <ent> and <ent2> follow the pieces.
EXTRA_TOKENS = 4
# Learned positions start after the padding id 1, so the first two rows are never used.
RESERVED_POSITIONS = 2
MIN_POSITIONS = 32


class CheckpointError(Exception):
    """The checkpoint cannot be served. The message is one sentence that names the file."""


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """The part of ``config.json`` that the forward pass depends on."""

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    max_position_embeddings: int
    type_vocab_size: int
    layer_norm_eps: float

    @property
    def max_tokens(self) -> int:
        """The longest input, special tokens included."""
        return self.max_position_embeddings - RESERVED_POSITIONS


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A complete checkpoint directory, with its configuration already read."""

    path: Path
    config: ModelConfig
    end_label: EndLabel | None  # None: the checkpoint does not declare it
    fitted: Fitted = UNFITTED

    @property
    def tokenizer_file(self) -> Path:
        return self.path / TOKENIZER_FILE

    @property
    def weights_file(self) -> Path:
        """The weights to load: safetensors if both files exist."""
        return next(file for name in WEIGHTS_FILES if (file := self.path / name).is_file())

    @property
    def graph_file(self) -> Path:
        """The path of OpenVINO's graph, if there is one; its weights are next to it."""
        return self.path / GRAPH_FILES[0]

    def require_end_label(self) -> EndLabel:
        """Return the declared end label.

        Raises:
            CheckpointError: the checkpoint does not declare one.
        """
        if self.end_label is None:
            raise CheckpointError(
                f'{self.path / CONFIG_FILE} does not say what its end label means: add "{METADATA_KEY}": '
                '{"end_label": "exclusive"} (or "inclusive") to it, or run `make archive` with END_LABEL=.'
            )
        return self.end_label


def open_checkpoint(path: Path) -> Checkpoint:
    """Read and check the directory at ``path``, without its weights.

    Raises:
        CheckpointError: the layout, the configuration or the vocabulary is wrong.
    """
    if not path.is_dir():
        raise CheckpointError(f"{path} is not a checkpoint directory.")
    if not any((path / name).is_file() for name in WEIGHTS_FILES):
        raise CheckpointError(f"{path} has no weights: {' or '.join(WEIGHTS_FILES)} is missing.")
    fields = _read_config(path / CONFIG_FILE)
    config = _model_config(fields, path / CONFIG_FILE)
    _check_vocabulary(path / TOKENIZER_FILE, config)
    try:
        metadata = read_metadata(fields.get(METADATA_KEY, {}))
    except ValueError as error:
        raise CheckpointError(f"{path / CONFIG_FILE}: {error}") from error
    return Checkpoint(path, config, metadata.end_label, metadata.fitted)


def load_weights(checkpoint: Checkpoint) -> dict[str, torch.Tensor]:
    """Return the tensors that a word-only forward pass needs, by name, as stored and memory-mapped.

    The entity side of LUKE (embeddings and the word-to-entity queries) is never read.

    Raises:
        CheckpointError: the file is damaged, or a tensor is missing or its shape differs from ``config.json``.
    """
    file = checkpoint.weights_file
    expected = dict(_expected_shapes(checkpoint.config))
    tensors = _read_safetensors(file, expected) if file.suffix == ".safetensors" else _read_pickle(file)
    weights = {}
    for name, shape in expected.items():
        if not isinstance(tensors.get(name), torch.Tensor):
            raise CheckpointError(f"{file} has no tensor {name}.")
        if tuple(tensors[name].shape) != shape:
            raise CheckpointError(
                f"{file}: {name} has shape {list(tensors[name].shape)}, but config.json requires {list(shape)}."
            )
        weights[name] = tensors[name]
    return weights


def _read_config(file: Path) -> dict[str, Any]:
    if not file.is_file():
        raise CheckpointError(f"{file} is missing.")
    try:
        fields = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CheckpointError(f"{file} is not valid JSON ({error}).") from error
    if not isinstance(fields, dict):
        raise CheckpointError(f"{file} is not a JSON object.")
    return fields


def _model_config(fields: Mapping[str, Any], file: Path) -> ModelConfig:
    if fields.get("model_type") != "luke":
        raise CheckpointError(
            f'{file} is not a LUKE configuration: model_type is {fields.get("model_type")!r}, not "luke".'
        )
    # The forward pass of this package supports no other values.
    for name, value in {"hidden_act": "gelu", "pad_token_id": 1}.items():
        if fields.get(name, value) != value:
            raise CheckpointError(f"{file}: {name} is {fields[name]!r}; only {value!r} is supported.")
    integers = {}
    for name in (
        "vocab_size",
        "hidden_size",
        "num_hidden_layers",
        "num_attention_heads",
        "intermediate_size",
        "max_position_embeddings",
        "type_vocab_size",
    ):
        value = fields.get(name)
        if type(value) is not int or value < 1:
            raise CheckpointError(f"{file}: {name} is {value!r}, not a positive integer.")
        integers[name] = value
    if integers["hidden_size"] % integers["num_attention_heads"]:
        raise CheckpointError(f"{file}: hidden_size is not a multiple of num_attention_heads.")
    if integers["max_position_embeddings"] < MIN_POSITIONS:
        raise CheckpointError(f"{file}: max_position_embeddings leaves no room for a question and a context.")
    epsilon = fields.get("layer_norm_eps", 1e-12)
    if not isinstance(epsilon, float) or not epsilon > 0:
        raise CheckpointError(f"{file}: layer_norm_eps is {epsilon!r}, not a positive number.")
    return ModelConfig(**integers, layer_norm_eps=epsilon)


def _check_vocabulary(file: Path, config: ModelConfig) -> None:
    if not file.is_file():
        raise CheckpointError(f"{file} is missing.")
    try:
        pieces = sentencepiece.SentencePieceProcessor(model_file=str(file)).get_piece_size()
    except (RuntimeError, OSError) as error:
        raise CheckpointError(f"{file} is not a sentencepiece model, or is truncated.") from error
    if pieces + EXTRA_TOKENS != config.vocab_size:
        raise CheckpointError(
            f"{file} has {pieces} pieces, which makes a vocabulary of {pieces + EXTRA_TOKENS}, "
            f"but config.json says vocab_size {config.vocab_size}."
        )


def _expected_shapes(config: ModelConfig) -> Iterator[tuple[str, tuple[int, ...]]]:
    hidden, inner = config.hidden_size, config.intermediate_size

    def affine(name: str, outputs: int, inputs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield f"{name}.weight", (outputs, inputs)
        yield f"{name}.bias", (outputs,)

    def norm(name: str) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield f"{name}.weight", (hidden,)
        yield f"{name}.bias", (hidden,)

    embeddings = "luke.embeddings"
    yield f"{embeddings}.word_embeddings.weight", (config.vocab_size, hidden)
    yield f"{embeddings}.position_embeddings.weight", (config.max_position_embeddings, hidden)
    yield f"{embeddings}.token_type_embeddings.weight", (config.type_vocab_size, hidden)
    yield from norm(f"{embeddings}.LayerNorm")
    for index in range(config.num_hidden_layers):
        layer = f"luke.encoder.layer.{index}"
        for part in ("query", "key", "value"):
            yield from affine(f"{layer}.attention.self.{part}", hidden, hidden)
        yield from affine(f"{layer}.attention.output.dense", hidden, hidden)
        yield from norm(f"{layer}.attention.output.LayerNorm")
        yield from affine(f"{layer}.intermediate.dense", inner, hidden)
        yield from affine(f"{layer}.output.dense", hidden, inner)
        yield from norm(f"{layer}.output.LayerNorm")
    yield from affine("qa_outputs", 2, hidden)


def _read_safetensors(file: Path, names: Mapping[str, object]) -> dict[str, torch.Tensor]:
    try:
        with safe_open(file, framework="pt") as stored:
            return {name: stored.get_tensor(name) for name in stored.keys() if name in names}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{file} is not a safetensors file, or is truncated ({error}).") from error


def _read_pickle(file: Path) -> dict[str, torch.Tensor]:
    try:
        # weights_only: otherwise a pickle can run arbitrary code.
        stored = torch.load(file, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:  # torch.load raises many types of exception for a damaged file
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CheckpointError(f"{file} cannot be loaded as weights ({reason}).") from error
    if not isinstance(stored, dict):
        raise CheckpointError(f"{file} does not contain named tensors.")
    return stored
