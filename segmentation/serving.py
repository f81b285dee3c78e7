"""Starting the HTTP service over a store."""

import os
import sys
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from segmentation import keys
from segmentation.database import open_database

SCOPES = ("admin",)


def serve_forever(
    store: Path, *, host: str, port: int, workers: int, no_auth: bool, now: datetime
) -> None:
    """Run the service until told to stop; its workers read settings from the environment."""
    import uvicorn
    from uvicorn.importer import import_from_string

    os.environ["COTERIE_STORE"] = str(store.resolve())
    os.environ["COTERIE_HOST"] = host
    os.environ["COTERIE_NO_AUTH"] = str(no_auth).lower()
    if not no_auth:
        greet(first_key(store, now))
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
            server_header=False,
            access_log=False,
            log_level="warning",
        )


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
