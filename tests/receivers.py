"""A real receiver of webhooks on a port of this machine."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson


@dataclass
class Receiver:
    """What came, and what is answered, while the gate is open: the next of `answers`, then 200."""

    url: str = ""
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    refused_users: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    gate: threading.Event = field(default_factory=threading.Event)

    @property
    def told(self) -> list[dict[str, object]]:
        """The changes that came, in the order they did."""
        return [orjson.loads(body)["data"] for _, body in self.posts]

    def take(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        """Keep a message and say what to answer."""
        with self.lock:
            self.posts.append((headers, body))
            if orjson.loads(body)["data"]["user_id"] in self.refused_users:
                return 400, {}
            return self.answers.pop(0) if self.answers else (200, {})


@contextmanager
def receiving(trust: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Listen on a free port of this machine until the block ends."""
    receiver = Receiver()
    receiver.gate.set()

    class Handler(BaseHTTPRequestHandler):
        """Gives each message to the receiver."""

        def do_POST(self) -> None:
            """Take one message."""
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, more = receiver.take(headers, body)
            receiver.gate.wait()
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if trust is not None:
        server.socket = trust.wrap_socket(server.socket, server_side=True)
    scheme, host = ("http", "127.0.0.1") if trust is None else ("https", "localhost")
    receiver.url = f"{scheme}://{host}:{server.server_port}/hooks?of=tiers"
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    try:
        yield receiver
    finally:
        receiver.gate.set()
        server.shutdown()
        server.server_close()
