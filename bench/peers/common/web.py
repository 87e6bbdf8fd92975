"""FastAPI and uvicorn around a function that answers one question at a time."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import uvicorn
from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from pydantic import BaseModel
from setting import SETTING


class Ask(BaseModel):
    question: str
    context: str


class Answer(BaseModel):
    answer: str


def make_app(load: Callable[[], Callable[[str, str], str]]) -> FastAPI:
    """An application whose workers each call ``load()``."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # By default FastAPI lets 40 threads of a worker compute at once, on one core.
        current_default_thread_limiter().total_tokens = 1
        app.state.answer = load()
        yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/predictions/qa")
    def predict(ask: Ask) -> Answer:
        return Answer(answer=app.state.answer(ask.question, ask.context))

    return app


def run() -> None:
    """Serve ``app`` of the module ``app``."""
    uvicorn.run(
        "app:app",
        host="127.0.0.1",
        port=SETTING.port,
        workers=SETTING.workers,
        log_level="warning",
        timeout_worker_healthcheck=120,  # by default uvicorn kills a worker that takes more than 5 seconds to load
    )
