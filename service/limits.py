"""What a request may weigh, and how long it may take to arrive."""

import asyncio

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.refusing import refuse_http

WITHOUT_BODY = frozenset({"GET", "HEAD"})


class BodyLimit:
    """Refuses a body that is too large, said or unsaid, before it fills the memory."""

    def __init__(self, app: ASGIApp, most_bytes: int) -> None:
        self._app = app
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting its body as it comes in."""
        if scope["type"] != "http" or scope["method"] in WITHOUT_BODY:
            await self._app(scope, receive, send)
            return
        left = self._most_bytes

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)


class TimeLimit:
    """Refuses a request whose body has not arrived in time: it may never come to an end.

    Once it is there, or the answer has begun, either may take as long as it needs.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under a clock that stops with the last of its body."""
        if scope["type"] != "http" or not has_body(scope):
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._seconds) as limit:

                async def begun(message: Message) -> None:
                    limit.reschedule(None)
                    await send(message)

                async def arriving() -> Message:
                    message = await receive()
                    if not message.get("more_body"):
                        limit.reschedule(None)
                    return message

                await self._app(scope, arriving, begun)
        except TimeoutError:
            if not limit.expired():
                raise
            response = await refuse_http(Request(scope), HTTPException(408))
            await response(scope, receive, send)


def has_body(scope: Scope) -> bool:
    """Whether a request says that a body follows."""
    said = dict(scope["headers"])
    return b"transfer-encoding" in said or said.get(b"content-length", b"0") != b"0"
