"""`If-None-Match`: an answer the caller already has goes out as an empty 304."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class ConditionalGet:
    """Turns a 200 whose `ETag` the caller named into a 304.

    It looks after the route has answered, since RFC 9110 (13.2.1) lets a precondition count only
    where the plain request would have succeeded: a 401, 404 or 422 stays what it is.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, watching its answer only when it is conditional."""
        named = if_none_match(scope)
        if not named:
            await self._app(scope, receive, send)
            return
        spared = False

        async def conditional(message: Message) -> None:
            nonlocal spared
            if message["type"] == "http.response.start" and is_known(message, named):
                spared = True
                message = not_modified(message)
            elif spared and message.get("more_body"):
                return
            elif spared:
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        await self._app(scope, receive, conditional)


def if_none_match(scope: Scope) -> frozenset[bytes]:
    """Return the entity tags a GET names, weak or strong alike."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return frozenset()
    given = b",".join(value for name, value in scope["headers"] if name == b"if-none-match")
    tags = (tag.strip().removeprefix(b"W/") for tag in given.split(b","))
    return frozenset(tag for tag in tags if tag)


def is_known(message: Message, named: frozenset[bytes]) -> bool:
    """Whether a response is a success the caller already holds."""
    tag = dict(message["headers"]).get(b"etag")
    return message["status"] == 200 and tag is not None and (tag in named or b"*" in named)


def not_modified(message: Message) -> Message:
    """Return the 304 for a 200: the same headers but those about a body."""
    about_body = (b"content-length", b"content-type")
    headers = [header for header in message["headers"] if header[0] not in about_body]
    return {**message, "status": 304, "headers": headers}
