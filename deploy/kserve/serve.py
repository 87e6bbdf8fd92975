"""Serve the model with KServe's SDK, in the foreground: ``python -m deploy.kserve.serve --model_dir DIRECTORY``.

DIRECTORY has the content of an archive: `make kserve` writes it. The options are those of KServe's own servers.
``ModelServer.start`` would listen on every address and compute for callers who have left.
"""

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import Request
from fastapi.responses import JSONResponse
from grpc import aio
from kserve import ModelServer, model_server
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import add_GRPCInferenceServiceServicer_to_server
from kserve.protocol.grpc.interceptors import ExceptionToStatusInterceptor
from kserve.protocol.grpc.servicer import InferenceServicer
from kserve.protocol.rest.server import RESTServer

from deploy.kserve.leaving import CancelsWhenLeft
from deploy.kserve.model import LukeQAModel, Overloaded
from luke_qa.checkpoint import CheckpointError
from luke_qa.settings import SettingsError

DRAIN = 30  # seconds that the requests in flight get when the server stops


async def overloaded(_: Request, error: Any) -> JSONResponse:
    """The reply over HTTP where nothing more can wait; the SDK knows its own errors only."""
    return JSONResponse({"error": error.details}, 503, {"Retry-After": "1"})


async def serve(server: ModelServer, host: str) -> None:
    """Serve HTTP and gRPC until a signal, and then what is in flight."""
    rest = RESTServer("kserve.model_server:app", server.dataplane, server.model_repository_extension, server.http_port)
    rest.create_application()
    model_server.app.add_exception_handler(Overloaded, overloaded)
    model_server.app.add_middleware(CancelsWhenLeft)
    grpc = aio.server(
        interceptors=(ExceptionToStatusInterceptor(),),
        options=[
            ("grpc.max_send_message_length", model_server.args.grpc_max_send_message_length),
            ("grpc.max_receive_message_length", model_server.args.grpc_max_receive_message_length),
        ],
    )
    add_GRPCInferenceServiceServicer_to_server(InferenceServicer(server.dataplane, None), grpc)
    grpc.add_insecure_port(f"{host}:{server.grpc_port}")
    await grpc.start()
    http = uvicorn.Config(
        model_server.app,
        host,
        server.http_port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=DRAIN,
        timeout_keep_alive=server.timeout_keep_alive,
    )
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, signal.SIG_IGN)  # uvicorn handles it, and then raises it again
    try:
        await uvicorn.Server(http).serve()
    finally:
        await grpc.stop(DRAIN)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.kserve.serve", description=__doc__, parents=[model_server.parser]
    )
    parser.set_defaults(model_name="luke-qa")
    parser.add_argument("--model_dir", type=Path, required=True, help="the directory that `make kserve` wrote")
    parser.add_argument("--host", default="0.0.0.0", help="the address to listen on")
    given = parser.parse_args(arguments)
    logging.getLogger("luke_qa").addHandler(logging.StreamHandler(sys.stderr))
    logging.getLogger("luke_qa").setLevel(logging.INFO)
    logging.getLogger("kserve.trace").setLevel(logging.WARNING)  # two lines for each request
    model = LukeQAModel(given.model_name, given.model_dir)
    try:
        model.load()
    except (SettingsError, CheckpointError, OSError) as error:
        print(f"luke-qa cannot start: {error}", file=sys.stderr)
        return 1
    server = ModelServer(given.http_port, given.grpc_port)
    server.register_model(model)
    asyncio.run(serve(server, given.host))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
