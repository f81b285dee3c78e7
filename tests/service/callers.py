"""Calling an application without a server."""

import asyncio

import httpx


class Caller:
    """Calls an application without a server; each call is awaited to its end."""

    def __init__(self, app, *, site="http://localhost", machine="127.0.0.1", headers=None):
        self.app = app
        self._site = site
        self._machine = machine
        self._headers = headers

    def request(self, method: str, path: str, **asked) -> httpx.Response:
        """Send one request."""
        return asyncio.run(self._send(method, path, **asked))

    def get(self, path: str, **asked) -> httpx.Response:
        """Read."""
        return self.request("GET", path, **asked)

    def post(self, path: str, **asked) -> httpx.Response:
        """Ask with a body."""
        return self.request("POST", path, **asked)

    async def _send(self, method, path, **asked):
        transport = httpx.ASGITransport(
            self.app, raise_app_exceptions=False, client=(self._machine, 50000)
        )
        async with httpx.AsyncClient(
            transport=transport, base_url=self._site, headers=self._headers
        ) as client:
            return await client.request(method, path, **asked)


def caller(app, *, key: str | None = None) -> Caller:
    """Call an application as if from this machine, with a key or without."""
    return Caller(app, headers={"Authorization": f"Bearer {key}"} if key else None)
