"""The word-only LUKE forward pass for question answering: token windows in, start and end logits out.

Equal to transformers' ``LukeForQuestionAnswering`` without entities (logits within 2e-5 in float32).
Windows are packed one after another, so nothing is ever padded. Only attention needs to know where one ends and the
next begins.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from luke_qa.backends import cuda_graphs
from luke_qa.backends.attention import Attention, block_attention, varlen_attention
from luke_qa.backends.base import CPU_TOKEN_BUDGET, DeviceLost, Logits
from luke_qa.backends.packing import Packed, pack
from luke_qa.checkpoint import RESERVED_POSITIONS, Checkpoint, ModelConfig, load_weights
from luke_qa.tokenizer import PAD, IntArray

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}

# On a GPU, a batch has to be large enough to hide the launches of several hundred kernels.
GPU_TOKEN_BUDGET = 16384


@dataclass(frozen=True, slots=True, eq=False)
class _Affine:
    weight: Tensor
    bias: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.weight, self.bias)


@dataclass(frozen=True, slots=True, eq=False)
class _Norm:
    weight: Tensor
    bias: Tensor
    epsilon: float

    def __call__(self, x: Tensor) -> Tensor:
        return functional.layer_norm(x, self.weight.shape, self.weight, self.bias, self.epsilon)


@dataclass(frozen=True, slots=True, eq=False)
class _Layer:
    qkv: _Affine
    attention_output: _Affine
    attention_norm: _Norm
    intermediate: _Affine
    output: _Affine
    output_norm: _Norm


class LukeModel:
    """A checkpoint's weights on a device: the exact ``Model``.

    ``device`` is ``"auto"`` (the first GPU, else the CPU) or a torch device; ``dtype`` is ``"auto"``
    (bfloat16 or float16 on a GPU, float32 on a CPU) or a key of ``DTYPES``; ``token_budget`` bounds the
    tokens of one forward pass.
    """

    def __init__(
        self,
        config: ModelConfig,
        weights: dict[str, Tensor],
        device: str = "auto",
        dtype: str = "auto",
        token_budget: int | None = None,
    ) -> None:
        self.config = config
        self.device = resolve_device(device)
        self.dtype = resolve_dtype(dtype, self.device)
        default_budget = GPU_TOKEN_BUDGET if self.device.type == "cuda" else CPU_TOKEN_BUDGET
        self.token_budget = token_budget or default_budget

        def put(name: str, dtype: torch.dtype = self.dtype) -> Tensor:
            # In float32 on a CPU the weights stay memory-mapped, so all workers share one copy. Otherwise each tensor
            # is copied, since a single mapped one would keep the whole file mapped.
            return weights[name].to(self.device, dtype, copy=self.dtype != torch.float32)

        def affine(name: str, dtype: torch.dtype = self.dtype) -> _Affine:
            return _Affine(put(f"{name}.weight", dtype), put(f"{name}.bias", dtype))

        def norm(name: str) -> _Norm:
            return _Norm(put(f"{name}.weight"), put(f"{name}.bias"), config.layer_norm_eps)

        def layer(name: str) -> _Layer:
            parts = [affine(f"{name}.attention.self.{part}") for part in ("query", "key", "value")]
            qkv = _Affine(torch.cat([part.weight for part in parts]), torch.cat([part.bias for part in parts]))
            return _Layer(
                qkv,
                affine(f"{name}.attention.output.dense"),
                norm(f"{name}.attention.output.LayerNorm"),
                affine(f"{name}.intermediate.dense"),
                affine(f"{name}.output.dense"),
                norm(f"{name}.output.LayerNorm"),
            )

        self._words = put("luke.embeddings.word_embeddings.weight")
        # Word-only input has one token type, so its row is part of every position.
        self._positions = (
            put("luke.embeddings.position_embeddings.weight") + put("luke.embeddings.token_type_embeddings.weight")[0]
        )[RESERVED_POSITIONS:]
        self._norm = norm("luke.embeddings.LayerNorm")
        self._layers = [layer(f"luke.encoder.layer.{index}") for index in range(config.num_hidden_layers)]
        # The last product decides between neighbouring spans, so it stays in float32.
        self._head = affine("qa_outputs", torch.float32)
        # Fused attention over windows of different lengths needs half precision on a GPU.
        self._fused = self.device.type == "cuda" and self.dtype != torch.float32
        self._graphs = self._record() if self._fused else None

    @classmethod
    def load(
        cls,
        checkpoint: Checkpoint,
        device: str = "auto",
        dtype: str = "auto",
        token_budget: int | None = None,
    ) -> "LukeModel":
        """Read the weights of ``checkpoint``.

        Raises:
            CheckpointError: the weights file is damaged or does not fit the configuration.
        """
        return cls(checkpoint.config, load_weights(checkpoint), device, dtype, token_budget)

    @property
    def max_tokens(self) -> int:
        return self.config.max_tokens

    def describe(self) -> dict[str, str]:
        return {
            "backend": "torch",
            "device": str(self.device),
            "dtype": str(self.dtype).removeprefix("torch."),
            "version": torch.__version__,
            **({"cuda_graphs": "recorded" if self._graphs else "none"} if self._fused else {}),
        }

    @torch.inference_mode()
    def logits(self, windows: Sequence[IntArray]) -> list[Logits]:
        try:
            packed = self._graphs.logits(windows) if self._graphs else None
            if packed is None:
                packed = self._eager(pack(windows))
            start, end = packed.T.cpu().numpy()
        except RuntimeError as error:
            if is_lost(self.device):
                raise DeviceLost(f"{self.device} is lost: {error}") from error
            raise
        cuts = np.cumsum([len(window) for window in windows])[:-1]
        return [Logits(*parts) for parts in zip(np.split(start, cuts), np.split(end, cuts), strict=True)]

    @torch.inference_mode()
    def _record(self) -> cuda_graphs.CudaGraphs | None:
        return cuda_graphs.record(self._forward, self.max_tokens, PAD, self.device)

    def _eager(self, packed: Packed) -> Tensor:
        """float32 logits [tokens, 2]."""
        ids, positions = (torch.from_numpy(x).to(self.device) for x in (packed.ids, packed.positions))
        lengths = np.diff(packed.cu_seqlens)
        if self._fused:
            attention = varlen_attention(torch.from_numpy(packed.cu_seqlens).to(self.device), int(lengths.max()))
        else:
            attention = block_attention(lengths.tolist())
        return self._forward(ids, positions, attention)

    def _forward(self, ids: Tensor, positions: Tensor, attend: Attention) -> Tensor:
        """ids, positions: [tokens] -> float32 logits [tokens, 2]."""
        heads = self.config.num_attention_heads
        x = self._norm(self._words[ids] + self._positions[positions])  # [tokens, hidden]
        for layer in self._layers:
            q, k, v = layer.qkv(x).view(len(x), 3, heads, -1).unbind(1)  # [tokens, heads, size]
            attended = attend(q, k, v).reshape(x.shape)
            x = layer.attention_norm(x + layer.attention_output(attended))
            x = layer.output_norm(x + layer.output(functional.gelu(layer.intermediate(x))))
        return self._head(x.float())


def is_lost(device: torch.device) -> bool:
    """Whether a GPU has ended this process's context. Then even waiting for it fails, which takes no memory."""
    if device.type != "cuda":
        return False
    try:
        torch.cuda.synchronize(device)
    except RuntimeError:
        return True
    return False


def resolve_device(name: str) -> torch.device:
    """Return the torch device for a setting. ``auto`` takes a GPU if there is one."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)


def resolve_dtype(name: str, device: torch.device) -> torch.dtype:
    """Return the torch dtype for a setting. ``auto`` is exact on a CPU and fast on a GPU."""
    if name != "auto":
        return DTYPES[name]
    if device.type != "cuda":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
