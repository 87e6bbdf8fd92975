"""Ray Serve, with @serve.batch around the card's forward pass."""

import asyncio
import signal
from pathlib import Path

import ray
from card import Card
from ray import serve
from ray.serve.schema import LoggingConfig
from setting import SETTING
from starlette.requests import Request

QUIET = LoggingConfig(enable_access_log=False)  # no other peer keeps an access log


@serve.deployment(
    num_replicas=SETTING.workers,
    max_ongoing_requests=4 * SETTING.batch,  # fewer would never fill a batch
    ray_actor_options={"num_cpus": SETTING.threads},
    logging_config=QUIET,
)
class Answers:
    def __init__(self) -> None:
        self.card = Card()

    @serve.batch(max_batch_size=SETTING.batch, batch_wait_timeout_s=SETTING.delay)
    async def answer(self, pairs: list[tuple[str, str]]) -> list[str]:
        return await asyncio.to_thread(self.card.answer, pairs)  # the event loop keeps accepting requests

    async def __call__(self, request: Request) -> dict[str, str]:
        fields = await request.json()
        return {"answer": await self.answer((fields["question"], fields["context"]))}


if __name__ == "__main__":
    ray.init(
        num_cpus=SETTING.workers * SETTING.threads,
        include_dashboard=False,
        log_to_driver=False,
        object_store_memory=200 * 2**20,
        _node_ip_address="127.0.0.1",
        _temp_dir=str(Path("ray").absolute()),
    )
    serve.start(http_options={"host": "127.0.0.1", "port": SETTING.port}, logging_config=QUIET)
    serve.run(Answers.bind(), route_prefix="/predictions/qa")
    signal.pause()
