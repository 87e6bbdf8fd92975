"""The configuration of nginx, from its template and the proxy's settings."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from deploy.haproxy.render import GRPC_METHODS, GRPC_SERVICE, GRPC_STATUS, milliseconds
from deploy.proxy import Proxy, ProxyError
from ops.layout import MODEL_NAME


def render(proxy: Proxy) -> str:
    """Return the text of ``nginx.conf``.

    Raises:
        ProxyError: the settings ask for what nginx cannot do.
    """
    if proxy.keys:
        raise ProxyError("nginx cannot check hashed keys; use HAProxy, or let nginx pass requests on to it.")
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["ms"] = milliseconds
    return environment.get_template("nginx.conf.j2").render(
        proxy=proxy, model=MODEL_NAME, service=GRPC_SERVICE, methods=GRPC_METHODS, grpc_status=GRPC_STATUS
    )
