"""``grpc.health.v1`` for ``grpc_health_probe``, Kubernetes' gRPC probes and load balancers: ``/ready`` over gRPC."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import HealthServicer

from ops.health import Health

INFERENCE: Final = "org.pytorch.serve.grpc.inference.InferenceAPIsService"
READY: Final = ("", INFERENCE)  # the services whose status is that of /ready; "" is the whole server
LIVE: Final = "live"  # as /live: serving while the supervisor runs
LAG: Final = 0.2  # seconds until a change is seen
CALLS: Final = 100  # at a time, those that watch included

_SERVING: Final = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING: Final = health_pb2.HealthCheckResponse.NOT_SERVING


class GrpcHealth:
    """Answers at ``address`` (``host:port``) from threads of its own until ``close``.

    Args:
        address: where it listens, without TLS.
        health: decides the status.
        asked: called at each question for the status.

    Raises:
        OSError: the address is taken.
    """

    def __init__(self, address: str, health: Health, asked: Callable[[], None]) -> None:
        self._health = health
        self._servicer = _Servicer(asked)
        self._servicer.set(LIVE, _SERVING)
        self._closing = threading.Event()
        self._server = grpc.server(
            ThreadPoolExecutor(4, "grpc-health"), options=[("grpc.so_reuseport", 0)], maximum_concurrent_rpcs=CALLS
        )
        health_pb2_grpc.add_HealthServicer_to_server(self._servicer, self._server)
        try:
            self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise OSError(f"{address} is taken") from error
        self._tell(_NOT_SERVING)
        self._server.start()
        threading.Thread(target=self._follow, name="grpc-health", daemon=True).start()

    def close(self) -> None:
        """Stop answering and free the port."""
        self._closing.set()
        self._server.stop(None).wait()

    def _follow(self) -> None:
        told = _NOT_SERVING
        while not self._closing.wait(LAG):
            status = _NOT_SERVING if self._health.obstacle() else _SERVING
            if status != told:
                self._tell(status)
                told = status

    def _tell(self, status: int) -> None:
        for service in READY:
            self._servicer.set(service, status)


class _Servicer(HealthServicer):  # type: ignore[misc]  # the library has no types
    def __init__(self, asked: Callable[[], None]) -> None:
        super().__init__()
        self._asked = asked

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        self._asked()
        return super().Check(request, context)
