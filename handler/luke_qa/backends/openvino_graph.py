"""The word-only LUKE forward pass as an OpenVINO graph, written when an archive is built.

It is built here rather than traced from torch or transformers. So it contains only operations for which OpenVINO
has fused kernels, and the same checkpoint gives the same bytes.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import openvino
from numpy.typing import NDArray
from openvino import Node, Type, opset15
from torch import Tensor

from luke_qa.checkpoint import GRAPH_FILES, RESERVED_POSITIONS, ModelConfig

Array = NDArray[np.float32]


def write_graph(config: ModelConfig, weights: Mapping[str, Tensor], directory: Path) -> None:
    """Write both files of the graph, with the weights (``checkpoint.load_weights``) in float32."""
    save_graph(build_graph(config, weights), directory)


def save_graph(graph: openvino.Model, directory: Path) -> None:
    """Write the two files of a graph, replacing those of another."""
    for name in GRAPH_FILES:  # not overwritten: a loaded model has them mapped
        (directory / name).unlink(missing_ok=True)
    openvino.save_model(graph, directory / GRAPH_FILES[0], compress_to_fp16=False)


def build_graph(config: ModelConfig, weights: Mapping[str, Tensor]) -> openvino.Model:
    """Build the graph: int64 ids [windows, tokens], windows of equal length -> float32 logits [windows, tokens, 2]."""
    heads, size = config.num_attention_heads, config.hidden_size // config.num_attention_heads

    def stored(name: str) -> Array:
        array: Array = weights[name].float().numpy()
        return array

    def affine(x: Node, *names: str) -> Node:
        """One product with the rows of all the named matrices."""
        weight = np.concatenate([stored(f"{name}.weight") for name in names])
        bias = np.concatenate([stored(f"{name}.bias") for name in names])
        return opset15.add(opset15.matmul(x, _constant(weight), False, True), _constant(bias))

    def norm(x: Node, name: str) -> Node:
        y = opset15.mvn(x, _constant([-1]), True, config.layer_norm_eps, "inside_sqrt")
        scaled = opset15.multiply(y, _constant(stored(f"{name}.weight")))
        return opset15.add(scaled, _constant(stored(f"{name}.bias")))

    def attention(x: Node, name: str) -> Node:
        qkv = affine(x, *(f"{name}.self.{part}" for part in ("query", "key", "value")))
        apart = opset15.reshape(qkv, _constant([0, 0, 3, heads, size]), True)
        apart = opset15.transpose(apart, _constant([2, 0, 3, 1, 4]))  # [3, windows, heads, tokens, size]
        parts = opset15.split(apart, _constant(0), 3).outputs()
        q, k, v = (opset15.squeeze(part, _constant([0])) for part in parts)
        attended = opset15.transpose(opset15.scaled_dot_product_attention(q, k, v), _constant([0, 2, 1, 3]))
        return affine(opset15.reshape(attended, _constant([0, 0, heads * size]), True), f"{name}.output.dense")

    ids = opset15.parameter([-1, -1], Type.i64, "ids")
    words = opset15.gather(_constant(stored("luke.embeddings.word_embeddings.weight")), ids, _constant(0))
    # Word-only input has one token type, so its row is part of every position.
    table = (
        stored("luke.embeddings.position_embeddings.weight") + stored("luke.embeddings.token_type_embeddings.weight")[0]
    )[RESERVED_POSITIONS:]
    tokens = opset15.gather(opset15.shape_of(ids), _constant(1), _constant(0))
    places = opset15.gather(_constant(table), opset15.range(_constant(0), tokens, _constant(1), "i64"), _constant(0))
    x = norm(opset15.add(words, places), "luke.embeddings.LayerNorm")
    for index in range(config.num_hidden_layers):
        name = f"luke.encoder.layer.{index}"
        x = norm(opset15.add(x, attention(x, f"{name}.attention")), f"{name}.attention.output.LayerNorm")
        inner = opset15.gelu(affine(x, f"{name}.intermediate.dense"), "erf")
        x = norm(opset15.add(x, affine(inner, f"{name}.output.dense")), f"{name}.output.LayerNorm")
    logits = opset15.result(affine(x, "qa_outputs"))
    model = openvino.Model([logits], [ids], "luke_qa")
    # Fixed names: OpenVINO numbers its own across the process, so no two archives would be equal.
    ids.output(0).set_names({"ids"})
    logits.output(0).set_names({"logits"})
    for number, node in enumerate(model.get_ordered_ops()):
        node.set_friendly_name(f"{node.get_type_name()}_{number}")
    return model


def _constant(values: Array | list[int] | int) -> Node:
    return opset15.constant(np.asarray(values))
