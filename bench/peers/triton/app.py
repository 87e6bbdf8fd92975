"""NVIDIA Triton through PyTriton: its dynamic batcher around the card's forward pass, one instance per worker."""

import os
import sysconfig
from collections.abc import Callable

import numpy as np
from card import Card
from numpy.typing import NDArray
from pytriton.decorators import batch
from pytriton.model_config import DynamicBatcher, ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig
from setting import SETTING


def load() -> Callable[..., list[NDArray[np.bytes_]]]:
    card = Card()

    @batch
    def infer(question: NDArray[np.bytes_], context: NDArray[np.bytes_]) -> list[NDArray[np.bytes_]]:
        pairs = [(q.decode(), c.decode()) for q, c in zip(question[:, 0], context[:, 0], strict=True)]
        return [np.array([[answer.encode()] for answer in card.answer(pairs)], dtype=object)]

    return infer


if __name__ == "__main__":
    # As PyTriton's guide says for pyenv: its backend must not pick up the system's libpython, of another patch level.
    os.environ["LD_LIBRARY_PATH"] = os.pathsep.join(
        path for path in (sysconfig.get_config_var("LIBDIR"), os.environ.get("LD_LIBRARY_PATH")) if path
    )
    config = TritonConfig(
        http_address="127.0.0.1",
        http_port=SETTING.port,
        grpc_address="127.0.0.1",
        grpc_port=SETTING.ports[1],
        allow_metrics=False,
    )
    with Triton(config=config) as triton:
        triton.bind(
            model_name="qa",
            infer_func=[load() for _ in range(SETTING.workers)],
            inputs=[Tensor(name=name, dtype=bytes, shape=(1,)) for name in ("question", "context")],
            outputs=[Tensor(name="answer", dtype=bytes, shape=(1,))],
            config=ModelConfig(
                max_batch_size=SETTING.batch,
                batcher=DynamicBatcher(max_queue_delay_microseconds=int(1e6 * SETTING.delay)),
            ),
        )
        triton.serve()
