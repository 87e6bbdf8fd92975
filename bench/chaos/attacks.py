"""What callers do to a server, by accident or not. Each attack is bounded in time, connections and bytes."""

import gzip
import http.client
import json
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress

from bench.chaos.faults import Fault, Harm
from bench.chaos.malformed import malformed

Address = tuple[str, int]

LASTS = 8.0  # seconds of an attack
DRIBBLES = 14.0  # longer than the proxy waits for the head of a request
TIMEOUT = 60.0
HEAD = "POST /predictions/luke-qa HTTP/1.1\r\nHost: chaos\r\nContent-Type: application/json\r\n"
LONG = "私の名前は田中で、好きな食べ物は苺です。" * 500  # 10,000 characters
SHORT = LONG[:100]


def ask_body(context: str, **options: object) -> bytes:
    return json.dumps({"question": "好きな食べ物は何ですか", "context": context, **options}).encode()


def post(address: Address, body: bytes, **headers: str) -> tuple[int, bytes]:
    """Return the status (0: none) and body of the reply."""
    connection = http.client.HTTPConnection(*address, timeout=TIMEOUT)
    given = {"Content-Type": "application/json", **{name.replace("_", "-"): text for name, text in headers.items()}}
    try:
        with suppress(BrokenPipeError, ConnectionResetError):  # a reply may come before the body was sent
            connection.request("POST", "/predictions/luke-qa", body, given)
        reply = connection.getresponse()
        return reply.status, reply.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def exchange(address: Address, request: bytes) -> int:
    """Send the bytes of a request and return the status of the reply, 0 without one."""
    with suppress(OSError, ValueError, IndexError), socket.create_connection(address, timeout=TIMEOUT) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
        return int(connection.makefile("rb").readline().split()[1])
    return 0


@contextmanager
def connections(address: Address, count: int) -> Iterator[list[socket.socket]]:
    """Connections that are open meanwhile."""
    with ExitStack() as stack:
        opened = []
        for _ in range(count):
            with suppress(OSError):
                opened.append(stack.enter_context(socket.create_connection(address, timeout=5)))
        yield opened


def send_all(opened: Sequence[socket.socket], data: bytes) -> int:
    """Send to each; return to how many it could be sent."""
    sent = 0
    for connection in opened:
        with suppress(OSError):
            connection.sendall(data)
            sent += 1
    return sent


def head(length: int) -> bytes:
    return f"{HEAD}Content-Length: {length}\r\n\r\n".encode()


def abandon(address: Address) -> Harm:
    """Eight ask about long texts and 200 about short ones, and all leave at once."""
    with connections(address, 208) as opened:
        for number, connection in enumerate(opened):
            body = ask_body(LONG if number < 8 else SHORT, max_windows="all")
            send_all([connection], head(len(body)) + body)
        time.sleep(0.5)
    return Harm(note=f"{len(opened)} left")


def idle(address: Address) -> Harm:
    with connections(address, 10_000) as opened:
        time.sleep(LASTS)
    return Harm(note=f"{len(opened)} connections")


def dribble(address: Address) -> Harm:
    """Slow loris: 300 send the head of a request, and 300 its body, byte by byte."""
    with connections(address, 600) as opened:
        send_all(opened[:300], HEAD.encode())
        send_all(opened[300:], head(2000))
        ends, sent = time.monotonic() + DRIBBLES, 0
        while time.monotonic() < ends:
            sent = send_all(opened, b"a")
            time.sleep(1)
    return Harm(note=f"{len(opened)} senders, {sent} of them still there after {DRIBBLES:g} s")


def half_send(address: Address) -> Harm:
    """700 send half a body of 2.9 MB and wait."""
    half = b'{"question": "' + b"a" * 1_450_000
    with connections(address, 700) as opened:
        for connection in opened:
            connection.settimeout(0.2)  # who is not read is not waited for
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda connection: send_all([connection], head(2_900_000) + half), opened))
        time.sleep(LASTS)
    return Harm(note=f"{len(opened)} senders")


def send_huge(address: Address) -> Harm:
    """Eight at a time send bodies of 50 MB."""
    body = b'{"question": "' + b"a" * 50_000_000
    return _many(address, lambda number: (body, {}), 24)


def send_bombs(address: Address) -> Harm:
    """Eight at a time send gzip of 50 MB in 50 kB, and gzip of that."""
    bomb = gzip.compress(ask_body("a" * 50_000_000))
    bombs = (bomb, gzip.compress(bomb))
    return _many(address, lambda number: (bombs[number % 2], {"Content_Encoding": "gzip"}), 64)


def send_malformed(address: Address) -> Harm:
    """Every malformed request, over and over, 200 a second."""
    requests = malformed()

    def one(number: int) -> int:
        return exchange(address, requests[number % len(requests)])

    return _at_a_rate(one, int(200 * LASTS), rate=200, at_once=200)


def _many(address: Address, make: Callable[[int], tuple[bytes, dict[str, str]]], count: int) -> Harm:
    """Post so many bodies, with their headers, eight at a time."""

    def one(number: int) -> int:
        body, headers = make(number)
        return post(address, body, **headers)[0]

    return _at_a_rate(one, count, rate=1000, at_once=8)


def _at_a_rate(one: Callable[[int], int], count: int, rate: float, at_once: int) -> Harm:
    """Send so many requests at this rate a second, but only so many at once; count the statuses that come back."""
    began = time.monotonic()

    def send(number: int) -> int:
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        return one(number)

    with ThreadPoolExecutor(at_once) as pool:
        statuses = Counter(pool.map(send, range(count)))
    replies = ", ".join(f"{number} x {status or 'no reply'}" for status, number in sorted(statuses.items()))
    faults = sum(number for status, number in statuses.items() if status >= 500 and status not in (501, 505))
    return Harm(note=f"{replies} in {time.monotonic() - began:.1f} s", measured={"server_faults": faults})


def overrun(address: Address) -> Harm:
    """Ask with half a second left: eight questions about a long text, one and eight at a time; short ones, by 100."""
    long = ask_body(LONG, question=["好きな食べ物は何ですか"] * 8, max_windows="all")
    note, measured = list[str](), dict[str, float]()
    for name, body, at_once, count in (
        ("overrun", long, 1, 8),
        ("overrun_of_eight", long, 8, 32),
        ("overrun_of_short", ask_body(SHORT), 100, 300),
    ):

        def one(_: int, body: bytes = body) -> tuple[int, float]:
            ends = time.time() + 0.5
            status = post(address, json.dumps({**json.loads(body), "deadline_ms": int(1000 * ends)}).encode())[0]
            return status, time.time() - ends

        with ThreadPoolExecutor(at_once) as pool:
            found = list(pool.map(one, range(count)))
        measured[name] = max(late for _, late in found)
        replies = ", ".join(f"{number} x {status}" for status, number in Counter(each for each, _ in found).items())
        size = "long" if body is long else "short"
        note.append(f"{size}, {at_once} at a time: overrun {measured[name]:.2f} s at most, {replies}")
    return Harm(note="; ".join(note), measured=measured)


def by_callers(attack: Callable[[Address], Harm]) -> Fault:
    """The attack as a fault."""
    return lambda stage: attack(stage.attacked)
