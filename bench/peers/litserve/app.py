"""LitServe, with its dynamic batching around the card's forward pass."""

from typing import Any

import litserve
from card import Card
from setting import SETTING

Pair = tuple[str, str]


class CardAPI(litserve.LitAPI):
    def setup(self, device: str) -> None:
        self.card = Card()

    def decode_request(self, request: dict[str, Any]) -> Pair:
        return request["question"], request["context"]

    def batch(self, inputs: list[Pair]) -> list[Pair]:
        return inputs

    def predict(self, x: list[Pair]) -> list[str]:
        return self.card.answer(x)

    def unbatch(self, output: list[str]) -> list[str]:
        return output

    def encode_response(self, output: str) -> dict[str, str]:
        return {"answer": output}


if __name__ == "__main__":
    api = CardAPI(max_batch_size=SETTING.batch, batch_timeout=SETTING.delay, api_path="/predictions/qa")
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=SETTING.workers, timeout=120)
    server.run(host="127.0.0.1", port=SETTING.port, generate_client_file=False, log_level="warning")
