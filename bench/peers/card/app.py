"""The model card's lines behind FastAPI, one request at a time."""

from collections.abc import Callable

from card import Card
from web import make_app, run


def load() -> Callable[[str, str], str]:
    card = Card()
    return lambda question, context: card.answer([(question, context)])[0]


app = make_app(load)

if __name__ == "__main__":
    run()
