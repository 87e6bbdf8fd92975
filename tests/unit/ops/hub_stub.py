"""A Hugging Face hub on loopback: as much of it as huggingface_hub asks for to list a model and download its files."""

import hashlib
import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

from ops.ports import find_free_port

LISTING = re.compile(r"/api/models/(?P<repo>[^/]+/[^/]+)/revision/(?P<revision>[^/]+)")
FILE = re.compile(r"/(?P<repo>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<name>[^/]+)")
LARGE = re.compile(r"/large/(?P<digest>[0-9a-f]{64})")
LARGE_FILES = (".safetensors", ".bin", ".model")  # what the hub keeps outside git, under its SHA-256


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    range: str | None


@dataclass
class Repo:
    """A repository: the files of every commit, and what the branches point at."""

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    gated: bool = False

    def commit(self, files: dict[str, bytes]) -> str:
        """Let ``main`` be ``files``."""
        name = hashlib.sha1(repr((sorted(files.items()), len(self.commits))).encode()).hexdigest()
        self.commits[name] = dict(files)
        self.branches["main"] = name
        return name


class HubStub:
    """The server. ``cut`` ends the next download of a file after so many bytes; ``stall`` leaves one hanging there."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        # What an unknown repository gets: the hub says so only to those who have a token.
        self.stranger: tuple[int, str, str] = (401, "Invalid username or password.", "")
        self.asked: list[Asked] = []
        self.cut: dict[str, int] = {}
        self.stall: dict[str, int] = {}
        self.stalled = threading.Event()
        self._released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", find_free_port()), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def ranges(self) -> set[str]:
        return {asked.range for asked in self.asked if asked.range}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self._answer()

            def do_GET(self) -> None:
                self._answer()

            def log_message(self, format: str, *values: object) -> None:
                pass

            def _answer(self) -> None:
                path = urlsplit(self.path).path
                hub.asked.append(Asked(self.command, path, self.headers.get("Range")))
                if match := LARGE.fullmatch(path):
                    name, content = self._large(match["digest"])
                    self._send_file(name, content, {"ETag": f'"{match["digest"]}"'})
                elif match := LISTING.fullmatch(path):
                    self._list(match["repo"], unquote(match["revision"]))
                elif match := FILE.fullmatch(path):
                    self._resolve(match["repo"], unquote(match["revision"]), match["name"])
                else:
                    self._refuse(404, "Not Found")

            def _list(self, name: str, revision: str) -> None:
                found = self._find(name, revision)
                if found is None:
                    return
                commit, files = found
                siblings = [
                    {"rfilename": file, "size": len(content), "blobId": hashlib.sha1(content).hexdigest()}
                    | ({"lfs": large(content)} if file.endswith(LARGE_FILES) else {})
                    for file, content in files.items()
                ]
                answer = {"_id": "1", "id": name, "modelId": name, "sha": commit, "siblings": siblings}
                self._send(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})

            def _resolve(self, repo: str, revision: str, name: str) -> None:
                found = self._find(repo, revision)
                if found is None:
                    return
                commit, files = found
                if name not in files:
                    self._refuse(404, "Entry not found", "EntryNotFound")
                    return
                content = files[name]
                headers = {"X-Repo-Commit": commit}
                if name.endswith(LARGE_FILES):
                    digest = hashlib.sha256(content).hexdigest()
                    headers |= {"X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(content))}
                    # Whoever follows these two downloads by xet, which is not here.
                    headers |= {"X-Xet-Hash": digest, "X-Xet-Refresh-Route": f"{hub.url}/xet"}
                    self._send(302, b"", headers | {"Location": f"{hub.url}/large/{digest}"})
                else:
                    self._send_file(name, content, headers | {"ETag": f'"{hashlib.sha1(content).hexdigest()}"'})

            def _find(self, name: str, revision: str) -> tuple[str, dict[str, bytes]] | None:
                repo = hub.repos.get(name)
                if repo is None:
                    self._refuse(*hub.stranger)
                    return None
                if repo.gated:
                    self._refuse(403, f"Access to model {name} is restricted", "GatedRepo")
                    return None
                commit = repo.branches.get(revision, revision)
                if commit not in repo.commits:
                    self._refuse(404, f"Invalid rev id: {revision}", "RevisionNotFound")
                    return None
                return commit, repo.commits[commit]

            def _large(self, digest: str) -> tuple[str, bytes]:
                for repo in hub.repos.values():
                    for files in repo.commits.values():
                        for name, content in files.items():
                            if hashlib.sha256(content).hexdigest() == digest:
                                return name, content
                raise KeyError(digest)

            def _send_file(self, name: str, content: bytes, headers: dict[str, str]) -> None:
                begin = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").rstrip("-"))
                if begin:
                    headers["Content-Range"] = f"bytes {begin}-{len(content) - 1}/{len(content)}"
                self._send(206 if begin else 200, content[begin:], headers, name)

            def _refuse(self, status: int, message: str, code: str = "") -> None:
                headers = {"X-Error-Message": message} | ({"X-Error-Code": code} if code else {})
                self._send(status, json.dumps({"error": message}).encode(), headers)

            def _send(self, status: int, body: bytes, headers: dict[str, str], name: str = "") -> None:
                self.send_response(status)
                for header, value in (headers | {"Content-Length": str(len(body))}).items():
                    self.send_header(header, value)
                self.end_headers()
                if self.command == "HEAD":
                    return
                self.wfile.write(body[: hub.cut.pop(name, hub.stall.get(name, len(body)))])
                if hub.stall.pop(name, None) is not None:
                    hub.stalled.set()
                    hub._released.wait()

        return Handler


def large(content: bytes) -> dict[str, object]:
    return {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
