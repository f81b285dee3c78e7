"""Starting the HTTP service over a store."""

import os
import socket
import sys
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from segmentation import keys
from segmentation.database import open_database
from segmentation.errors import StoreError

SCOPES = ("admin",)


def serve_forever(
    store: Path, *, host: str, port: int, workers: int, no_auth: bool, now: datetime
) -> None:
    """Run the service until told to stop; its workers read settings from the environment.

    Raises
    ------
    StoreError
        When nothing can be listened on there; no key is made then.
    """
    import uvicorn
    from uvicorn.importer import import_from_string

    require_free(host, port)
    os.environ["COTERIE_STORE"] = str(store.resolve())
    os.environ["COTERIE_HOST"] = host
    os.environ["COTERIE_NO_AUTH"] = str(no_auth).lower()
    if not no_auth:
        greet(first_key(store, now))
    if port:
        sys.stderr.write(f"Serving on {address_of(host, port)}; Ctrl-C ends it.\n")
        sys.stderr.flush()
    with TemporaryDirectory() as figures:
        if workers > 1:
            os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", figures)
        uvicorn.run(
            "service.app:create_served_app",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            http=import_from_string("service.protocol:HotProtocol"),
            ws="none",
            server_header=False,
            access_log=False,
            log_level="warning",
        )


def require_free(host: str, port: int) -> None:
    """Refuse an address that is taken or not this machine's, in our own words."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise StoreError(
            f"{address_of(host, port)} cannot be listened on: {error.strerror or error}. "
            "Name another by `--port` or `--host`."
        ) from error


def address_of(host: str, port: int) -> str:
    """Where the service is reached."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def first_key(store: Path, now: datetime) -> str | None:
    """Make an admin key when the store has no key at all."""
    database = open_database(store, os.environ.get("COTERIE_DATABASE_URL"))
    if keys.list_keys(database):
        return None
    _, secret = keys.create(database, name="first", scopes=SCOPES, expires=None, now=now)
    return secret


def greet(secret: str | None) -> None:
    """Show a new key once, on standard error."""
    if secret is not None:
        sys.stderr.write(f"Admin key, shown this once: {secret}\n")
        sys.stderr.flush()
