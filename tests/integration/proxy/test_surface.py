"""What a caller without a key reaches in production: an error that asks for one, readiness, nothing else."""

import json
import re
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from ipaddress import ip_address
from itertools import product
from pathlib import Path
from typing import Any, Final

import psutil
import pytest

from deploy.proxy import Server
from ops.instance import Instance
from tests.integration.proxy.asking import ANSWER, ask, call
from tests.integration.proxy.frames import Header, Reply, send_http1, send_http2
from tests.integration.proxy.running import Running, run_haproxy, write_certificate
from tests.integration.proxy.smuggling import ASK, SMUGGLED, smuggling
from tests.integration.proxy.test_keys import bearer, write
from tests.integration.served import wait_for

NOWHERE = ("<NOSRV>", "-")  # the latter in the log of a request that is no HTTP
KEY: Final = "the-only-key"
PROBES: Final = ("/ping", "/ready", "/live")
PROBE_BODIES: Final = {b'{"status":"Healthy"}', b'{"status":"Live"}'}
METHODS: Final = (
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "PROPFIND",
    "get",
    "post",
)

# Every address of TorchServe's inference, management and metrics APIs, of the supervisor and of the proxy's own metrics
ADDRESSES: Final = (
    "/",
    "/api-description",
    ASK,
    f"{ASK}/1.0",
    "/explanations/luke-qa",
    "/explanations/luke-qa/1.0",
    "/invocations",
    "/models/luke-qa/invoke",
    "/wfpredict/luke-qa",
    "/v1/models/luke-qa:predict",
    "/v1/models/luke-qa:explain",
    "/v2",
    "/v2/health/live",
    "/v2/health/ready",
    "/v2/models/luke-qa",
    "/v2/models/luke-qa/ready",
    "/v2/models/luke-qa/infer",
    "/v2/models/luke-qa/versions/1.0/infer",
    "/models",
    "/models?url=http://192.0.2.1/x.mar&initial_workers=1",
    "/models/luke-qa",
    "/models/luke-qa?min_worker=0",
    "/models/luke-qa/all",
    "/models/luke-qa/1.0",
    "/models/luke-qa/1.0/set-default",
    "/workflows",
    "/workflows/luke-qa",
    "/token?type=inference",
    "/metrics",
    "/metrics?name[]=Requests2XX",
    "/large",
    "/stats",
    "/haproxy?stats",
    "/.well-known/x",
)

# The same addresses, spelled so that a proxy and a server might read them differently
SPELLINGS: Final = (
    "/{0}",
    "/./{0}",
    "/x/../{0}",
    "/ready/../{0}",
    "/ready/..;/{0}",
    "/ping/%2e%2e/{0}",
    "/live%2f..%2f{0}",
    "/..%2f{0}",
    "/%2e/{0}",
    "//{0}",
    "/{0}/",
    "/{0}//",
    "/{0};x=1",
    "/{0}%00",
    "/{0}%20",
    "/{0}#x",
    "/{0}?x=/ready",
    "/ready?/../{0}",
    "/ready%3f/../{0}",
    "/ready#/{0}",
    "\\{0}",
    "/ready\\..\\{0}",
    "{0}",
    "http://127.0.0.1/{0}",
    "https://127.0.0.1:8081/{0}",
    "HTTP://user:pass@localhost/{0}",
    "http://127.0.0.1/ready/../{0}",
    "http:///{0}",
    "/http://127.0.0.1:8081/{0}",
    "127.0.0.1:8081",
    "*",
    "",
)
SPELLED: Final = ("models", "models/luke-qa", "predictions/luke-qa", "metrics", "token")

HOSTS: Final = (
    ("Host: 127.0.0.1:8081",),
    ("Host: localhost",),
    ("Host: qa.example", "Host: 127.0.0.1:8081"),
    ("Host:",),
    ("Host: qa.example/models",),
    (
        "Host: qa.example",
        "X-Forwarded-Host: 127.0.0.1:8081",
        "Forwarded: host=127.0.0.1:8081",
        "X-Forwarded-For: 127.0.0.1",
    ),
    ("Host: qa.example", "X-Original-URL: /models", "X-Rewrite-URL: /models"),
    ("Host: qa.example", "X-HTTP-Method-Override: GET", "X-Method-Override: DELETE"),
    ("Host: qa.example", "Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABkAAQAAP__"),
    ("Host: qa.example", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"),
    ("Host: qa.example", "Connection: Authorization, X-Request-Id"),
    ("Host: qa.example", "Expect: 100-continue"),
    (),
)

# What must not count as a key
CREDENTIALS: Final = (
    "Authorization: Bearer",
    "Authorization: Bearer ",
    "Authorization: bearer x",
    f"Authorization: Basic {KEY}",
    f"Authorization: {KEY}",
    f"Authorization: Bearer {KEY}x",
    f"Authorization: Bearer x {KEY}",
    f"Authorization: Bearer {KEY[:-1]}",
    f"Authorization: Bearer {KEY.upper()}",
    f"Authorization: Bearer x\r\nAuthorization: Bearer {KEY}x",
    f"Proxy-Authorization: Bearer {KEY}",
    f"X-Api-Key: {KEY}",
    f"Cookie: key={KEY}",
    "Authorization: Bearer %s",
    "Authorization: Bearer \x00",
)

INFERENCE: Final = "org.pytorch.serve.grpc.inference.InferenceAPIsService"
GRPC_ASKS: Final = (f"/{INFERENCE}/Predictions", f"/{INFERENCE}/StreamPredictions", f"/{INFERENCE}/Ping")
GRPC_OTHERS: Final = (
    f"/{INFERENCE}/StreamPredictions2",
    f"/{INFERENCE}/Predictions/",
    f"//{INFERENCE}/Predictions",
    f"/{INFERENCE}/../{INFERENCE}/Predictions",
    f"/{INFERENCE}/predictions",
    f"/{INFERENCE}/Predictions%00",
    *(
        f"/org.pytorch.serve.grpc.management.ManagementAPIsService/{method}"
        for method in ("DescribeModel", "ListModels", "RegisterModel", "ScaleWorker", "SetDefault", "UnregisterModel")
    ),
    *(
        f"/org.pytorch.serve.grpc.openinference.GRPCInferenceService/{method}"
        for method in ("ServerLive", "ServerReady", "ModelReady", "ServerMetadata", "ModelMetadata", "ModelInfer")
    ),
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    "/grpc.channelz.v1.Channelz/GetServers",
    ASK,
    "/models",
    "/ready",
    "/",
    "*",
    "",
)


@pytest.fixture(scope="module")
def production(behind: Instance, backend: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The proxy in production, in front of a server in production, whose own control address it asks."""
    directory = tmp_path_factory.mktemp("s")
    write(directory / "keys", app=KEY)
    server = replace(backend, control=int(behind.control_url.rpartition(":")[2]))
    settings: dict[str, Any] = {
        "certificate": write_certificate(directory),
        "keys": directory / "keys",
        "wrong_keys": 1_000_000,
    }
    settings |= {"header_timeout": 10, "body_timeout": 10, "idle_timeout": 10}  # nobody waits long for what hangs
    with run_haproxy(directory, servers=(server,), production=True, **settings) as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_reached_the_server(production: Running) -> Iterator[None]:
    """Whatever a test sends without a key, the proxy passes none of it on."""
    before = len(production.log())
    yield
    passed_on = [line for line in logged(production, before) if line["server"] not in NOWHERE and line["key"] == "-"]
    assert passed_on == []


def logged(production: Running, before: int) -> list[dict[str, Any]]:
    """The access log's lines after the first ``before``, down to a request of its own that is sent now."""
    own = str(uuid.uuid4())
    marker = f"GET /nothing HTTP/1.1\r\nHost: x\r\nX-Request-Id: {own}\r\nConnection: close\r\n\r\n"
    send_http1(production.proxy.http, marker.encode())
    wait_for(lambda: any(line["request_id"] == own for line in production.log()[before:]))
    return [line for line in production.log()[before:] if line["request_id"] != own]


def send_all(production: Running, messages: Iterable[bytes]) -> list[tuple[bytes, list[Reply]]]:
    sent = list(messages)
    with ThreadPoolExecutor(8) as pool:
        return list(zip(sent, pool.map(lambda each: send_http1(production.proxy.http, each), sent), strict=True))


def message(method: str, target: str, headers: Iterable[str] = ("Host: qa.example",)) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", *headers, "Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1")


def is_allowed(sent: bytes, reply: Reply) -> bool:
    """Whether a caller without a key may get this: a probe's answer, or the proxy's own refusal."""
    if reply.status == 200:
        line = sent.split(b"\r\n")[0].decode("latin-1")
        target = re.fullmatch(r"GET (?:https?://[^/]*)?(/[a-z]+)(?:\?\S*)? HTTP/1\.[01]", line)
        return target is not None and target[1] in PROBES and reply.body in PROBE_BODIES
    if reply.body.startswith(b"{"):
        return json.loads(reply.body)["type"] in _REFUSALS.get(reply.status or 0, ())
    # HAProxy's own page, for what is no HTTP; the answer to HEAD has no body
    return reply.status in (400, 405, 501, 505) or (sent.startswith(b"HEAD ") and reply.status in (404, 405))


_REFUSALS: Final = {
    400: ("bad_request",),
    408: ("request_timeout",),
    401: ("unauthorized",),
    404: ("not_found",),
    405: ("method_not_allowed",),
    413: ("too_large",),
    431: ("headers_too_large",),
}


def forbidden(exchanges: Iterable[tuple[bytes, list[Reply]]]) -> list[tuple[bytes, Reply]]:
    return [(sent, reply) for sent, replies in exchanges for reply in replies if not is_allowed(sent, reply)]


def test_a_caller_with_a_key_is_answered(production: Running) -> None:
    verify = str(production.directory / "ca.pem")
    reply = ask(production.url, headers=bearer(KEY), verify=verify)
    assert (reply.status_code, reply.json()["answer"]) == (200, ANSWER)
    roots = (production.directory / "ca.pem").read_bytes()
    assert call(production.grpc, roots=roots, authorization=f"Bearer {KEY}")["answer"] == ANSWER


def test_every_address_by_every_method(production: Running) -> None:
    exchanges = send_all(production, (message(*each) for each in product(METHODS, (*ADDRESSES, *PROBES))))
    assert forbidden(exchanges) == []
    answered = {
        sent.split(b" HTTP")[0].decode() for sent, replies in exchanges for each in replies if each.status == 200
    }
    assert answered == {f"GET {path}" for path in PROBES}
    asked = {sent.split(b" HTTP")[0].decode() for sent, replies in exchanges for each in replies if each.status == 401}
    assert asked == {f"POST {ASK}"}
    assert all(replies for _, replies in exchanges)


def test_no_spelling_of_an_address_leads_elsewhere(production: Running) -> None:
    targets = [spelling.format(target) for spelling, target in product(SPELLINGS, SPELLED)]
    targets += [target.upper() for target in (*ADDRESSES, *PROBES) if target != "/"]
    exchanges = send_all(production, (message(*each) for each in product(("GET", "POST"), targets)))
    assert forbidden(exchanges) == []
    assert all(replies for _, replies in exchanges)


def test_no_host_and_no_header_leads_elsewhere(production: Running) -> None:
    messages = [
        message(method, target, headers)
        for headers, (method, target) in product(HOSTS, product(("GET", "POST", "PUT"), ("/models", ASK, "/ready")))
    ]
    exchanges = send_all(production, messages)
    assert forbidden(exchanges) == []


def test_nothing_but_a_key_is_a_key(production: Running) -> None:
    exchanges = send_all(production, (message("POST", ASK, ("Host: qa.example", each)) for each in CREDENTIALS))
    assert [[reply.status for reply in replies] for _, replies in exchanges] == [[401]] * len(CREDENTIALS)


def test_nothing_is_smuggled_in(production: Running) -> None:
    messages = smuggling()
    exchanges = send_all(production, messages.values())
    assert forbidden(exchanges) == []
    unanswered = [name for name, (_, replies) in zip(messages, exchanges, strict=True) if not replies]
    assert unanswered == []


def pseudo(method: bytes = b"POST", path: bytes | None = ASK.encode(), **more: bytes) -> list[Header]:
    headers = [(b":method", method), (b":scheme", more.pop("scheme", b"https"))]
    headers += [(b":authority", more.pop("authority", b"qa.example"))]
    return [*headers, *([] if path is None else [(b":path", path)])]


def framed() -> dict[str, list[Header]]:
    """Requests over HTTP/2, by what is odd about them."""
    return {
        "a question": pseudo(),
        "the management": pseudo(b"GET", b"/models"),
        **{f"path {path!r}": pseudo(path=path) for path in (b"", b"*", b"models", b"//models", b"/ready/../models")},
        **{f"path {path!r}": pseudo(b"GET", path) for path in (b"http://127.0.0.1:8081/models", b"/models#/ready")},
        "a request line in the path": pseudo(b"GET", b"/ready HTTP/1.1\r\nHost: x\r\n\r\nGET /models"),
        "a blank in the path": pseudo(b"GET", b"/ready /models"),
        "a request line in the method": pseudo(b"GET /models HTTP/1.1\r\nX: ", b"/ready"),
        "a blank in the method": pseudo(b"GET /models", b"/ready"),
        "an empty method": pseudo(b""),
        "no path": pseudo(path=None),
        "two paths": [*pseudo(b"GET", b"/ready"), (b":path", b"/models")],
        "two methods": [*pseudo(b"GET", b"/models"), (b":method", b"POST")],
        "a pseudo-header after a header": [*pseudo(b"GET", None), (b"x", b"y"), (b":path", b"/models")],
        "an unknown pseudo-header": [*pseudo(b"GET", b"/models"), (b":status", b"200")],
        "the management's authority": pseudo(b"GET", b"/models", authority=b"127.0.0.1:8081"),
        "a path in the authority": pseudo(b"GET", b"/ready", authority=b"x/models?"),
        "another scheme": pseudo(b"GET", b"/models", scheme=b"file"),
        "another authority and host": [*pseudo(b"GET", b"/models"), (b"host", b"127.0.0.1:8081")],
        "CONNECT": [(b":method", b"CONNECT"), (b":authority", b"127.0.0.1:8081")],
        "extended CONNECT": [*pseudo(b"CONNECT", b"/models"), (b":protocol", b"websocket")],
        "TRACE": pseudo(b"TRACE", b"/models"),
        "upper case": [*pseudo(), (b"Authorization", b"Bearer " + KEY.encode())],
        "chunks": [*pseudo(), (b"transfer-encoding", b"chunked")],
        "a connection header": [*pseudo(b"GET", b"/models"), (b"connection", b"upgrade")],
        "a request in a header": [*pseudo(), (b"x", b"y\r\n\r\nGET /models HTTP/1.1\r\nHost: x")],
        "a header's name with a line": [*pseudo(), (b"x: y\r\nauthorization", b"Bearer " + KEY.encode())],
        "an empty name": [*pseudo(), (b"", b"x")],
    }


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_no_frame_leads_elsewhere(production: Running, protocol: str) -> None:
    address = production.proxy.http if protocol == "http" else production.grpc
    before = len(production.log())
    # Each alone, and with another request as its body
    cases = {str(uuid.uuid4()): case for case in product(framed().items(), (None, SMUGGLED))}
    with ThreadPoolExecutor(8) as pool:
        received = pool.map(
            lambda each: send_http2(address, [*each[1][0][1], (b"x-request-id", each[0].encode())], each[1][1]),
            cases.items(),
        )
        assert not any(b"luke_qa" in each for each in received)
    outcomes = {
        (cases[line["request_id"]][0][0], line["status"], line["grpc_status"])
        for line in logged(production, before)
        if line["request_id"] in cases
    }
    http, grpc = {(400, "-"), (401, "-"), (404, "-"), (405, "-")}, {(200, "3"), (200, "12"), (200, "16")}
    assert {outcome for outcome in outcomes if outcome[1:] not in (http if protocol == "http" else grpc)} == set()
    assert {outcome for outcome in outcomes if outcome[0] in ("a question", "the management")} == (
        {("a question", 401, "-"), ("the management", 404, "-")}
        if protocol == "http"
        else {("a question", 200, "12"), ("the management", 200, "12")}
    )


def grpc_statuses(production: Running, paths: Iterable[str]) -> dict[str, str]:
    """The status of a call of each path; of those that HTTP/2 itself forbids there is none."""
    before, ids = len(production.log()), {path: str(uuid.uuid4()) for path in paths}
    for path, own in ids.items():
        headers = [*pseudo(path=path.encode()), (b"content-type", b"application/grpc"), (b"te", b"trailers")]
        send_http2(production.grpc, [*headers, (b"x-request-id", own.encode())], b"\0\0\0\0\0")
    found = {line["request_id"]: line["grpc_status"] for line in logged(production, before)}
    return {path: found[own] for path, own in ids.items() if own in found}


def test_a_call_needs_a_key(production: Running) -> None:
    assert grpc_statuses(production, GRPC_ASKS) == dict.fromkeys(GRPC_ASKS, "16")


def test_there_is_no_other_call(production: Running) -> None:
    statuses = grpc_statuses(production, GRPC_OTHERS)
    assert set(statuses.values()) == {"12"}
    assert {path for path in GRPC_OTHERS if path not in statuses} <= {"", "*"}


def listening(processes: Iterable[psutil.Process]) -> set[tuple[str, int]]:
    """Where they listen; UDP, which knows no listening, counts whenever it has a port."""
    found = set[tuple[str, int]]()
    for process in processes:
        for each in process.net_connections("inet"):
            if each.status in (psutil.CONN_LISTEN, psutil.CONN_NONE) and each.laddr:
                found.add((each.laddr.ip, each.laddr.port))
    return found


def with_children(*processes: psutil.Process | None) -> list[psutil.Process]:
    assert None not in processes
    return [each for process in processes if process for each in (process, *process.children(recursive=True))]


def test_nothing_but_the_proxy_can_be_open_to_a_network(production: Running, behind: Instance) -> None:
    """Where each process listens, is what its settings say; and of the settings only the proxy's two may be public."""
    server = with_children(behind.supervisor(), behind.process())
    assert len(server) >= 4  # the supervisor, java and two workers
    assert {port for _, port in listening(server)} == {port for _, port in behind.ports()}
    assert all(ip_address(host.removeprefix("::ffff:")).is_loopback for host, _ in listening(server))
    proxy = with_children(psutil.Process(production.process.pid))
    assert len(proxy) >= 3  # HAProxy's master, its worker and the one for large requests
    settings = (production.proxy.http, production.proxy.grpc, production.proxy.exporter)
    assert {f"{host}:{port}" for host, port in listening(proxy)} == set(settings)
    assert ip_address(production.proxy.exporter.rpartition(":")[0]).is_loopback


def test_sockets_and_keys_are_their_owners_alone(production: Running, behind: Instance) -> None:
    sockets = [path for path in production.directory.iterdir() if path.is_socket()]
    assert len(sockets) > 3
    assert [path for path in sockets if path.stat().st_mode & 0o077] == []
    for directory in (behind.home, behind.temporary):
        for path in Path(directory).iterdir():
            assert not path.stat().st_mode & 0o002, path
