"""A real server over a store, on a port of its own, in a thread of the test."""

import socket
from contextlib import contextmanager
from threading import Thread

import uvicorn

from service.app import create_app
from service.protocol import HotProtocol
from service.settings import Settings


@contextmanager
def serving(app):
    """Serve an application as `coterie serve` does; gives its address."""
    settings = uvicorn.Config(
        app, http=HotProtocol, ws="none", log_level="error", access_log=False, server_header=False
    )
    server = uvicorn.Server(settings)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@contextmanager
def store_served(store, **settings):
    """Serve a store."""
    with serving(create_app(Settings(store=store, **settings))) as address:
        yield address
