"""The server's side of a connection: uvicorn's own, with the hottest look-up answered at once.

uvicorn parses a request and then builds a scope, a cycle and a task for the application. The plain
look-up of a user needs none of them: its answer is one write, made as soon as its headers are in.
Requests that are not plain, and all others, are the business of the parent class.
"""

from asyncio import AbstractEventLoop
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from service.errors import problem
from service.hot import HOT, HotLookUp, is_hot, written

OK = b"HTTP/1.1 200 OK\r\n"


class HotProtocol(HttpToolsProtocol):
    """Reads HTTP/1.1 as uvicorn does; `coterie serve` serves with it."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._look_up: HotLookUp | None = app_state.get(HOT)
        self._is_answered = False
        self._defaults: list[tuple[bytes, bytes]] | None = None
        self._begin = OK

    def on_headers_complete(self) -> None:
        """Answer a plain look-up; else begin a cycle of the application."""
        answer = self._answer()
        self._is_answered = answer is not None
        if answer is None:
            self._unset_keepalive_if_required()  # set by an answer before it in the same packet
            super().on_headers_complete()
            return
        self.transport.write(self._beginning() + answer)

    def on_message_complete(self) -> None:
        """Wait for the next request, or tell the application that all of its own is here."""
        if not self._is_answered:
            super().on_message_complete()
            return
        self._is_answered = False
        self.on_response_complete()

    def _answer(self) -> bytes | None:
        if self._look_up is None or not is_hot(self.url) or not self._is_free():
            return None
        is_get = self.parser.get_method() == b"GET" and self.parser.get_http_version() == "1.1"
        if not is_get or self.root_path or not self.parser.should_keep_alive():
            return None
        return self._look_up.answer(self.url, self.headers)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP as every other refusal is told: as a problem."""
        answer = problem(400, f"{msg} Send HTTP/1.1 with a method there is.")
        head = b"HTTP/1.1 400 Bad Request\r\n" + written(self.server_state.default_headers)
        own = written([*answer.raw_headers, (b"connection", b"close")])
        self.transport.write(head + own + b"\r\n" + bytes(answer.body))
        self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing of a wish for another protocol: the request is answered as one without."""

    def _is_free(self) -> bool:
        """Whether an answer may be written now: nothing before it waits to be."""
        is_idle = self.cycle is None or self.cycle.response_complete
        is_writable = not self.flow.write_paused and not self.transport.is_closing()
        return is_idle and is_writable and self.limit_concurrency is None

    def _beginning(self) -> bytes:
        """The status line and the server's own headers, which change once a second."""
        defaults = self.server_state.default_headers
        if defaults is not self._defaults:
            self._defaults, self._begin = defaults, OK + written(defaults)
        return self._begin
