"""The options several commands share, and how an answer is given."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from segmentation.errors import NotFound, UsageError

if TYPE_CHECKING:
    from segmentation.database import Database

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
StorePath = Annotated[
    Path,
    typer.Option("--store", metavar="DIR", help="The store of snapshots.", envvar="COTERIE_STORE"),
]
Seed = Annotated[int, typer.Option("--seed", help="The same seed gives the same bytes.")]
Config = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Settings, such as coterie.toml.")
]
Events = Annotated[
    list[str] | None,
    typer.Option("--events", metavar="PATH", help="Event files, folders or globs; may repeat."),
]
Labels = Annotated[list[str] | None, typer.Option("--labels", metavar="PATH", help="Labels.")]
Edges = Annotated[list[str] | None, typer.Option("--edges", metavar="PATH", help="Ties.")]
Exposures = Annotated[
    list[str] | None, typer.Option("--exposures", metavar="PATH", help="Who saw which content.")
]
Content = Annotated[
    list[str] | None, typer.Option("--content", metavar="PATH", help="The tags of contents.")
]
Consent = Annotated[
    list[str] | None, typer.Option("--consent", metavar="PATH", help="Purposes refused or granted.")
]
Loopback = Annotated[
    bool,
    typer.Option(
        "--loopback",
        help="Allow webhook receivers on this machine, for trying out.",
        envvar="COTERIE_WEBHOOK_LOOPBACK",
    ),
]
DEFAULT_STORE = Path("store")
AUTHOR = "command line"
IN_MEMORY = "sqlite://"


def answer(facts: Mapping[str, Any], as_json: bool, text: Callable[[], None]) -> None:
    """Give the answer of a command: one JSON object, or text for people."""
    if as_json:
        sys.stdout.write(json.dumps(facts, ensure_ascii=False, default=str) + "\n")
    else:
        text()


def moment(text: str | None, option: str) -> datetime | None:
    """Read a point in time; without a zone it means UTC."""
    if text is None:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"`{option}` must be a time such as 2026-11-01 or 2026-11-01T02:00:00Z, got {text!r}."
        ) from error
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def clock() -> datetime:
    """Now, in UTC; the one place the command line reads the clock."""
    return datetime.now(UTC)


def database_url() -> str | None:
    """Where the database is, when not in the store."""
    return os.environ.get("COTERIE_DATABASE_URL")


@contextmanager
def ended_by_term() -> Iterator[None]:
    """Leave the block on SIGTERM as on any way out; a container's first program would ignore it."""

    def leave(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def has_database(store: Path) -> bool:
    """Whether there is a database to ask; a command that only reads makes none."""
    from segmentation.database import FILE

    return database_url() is not None or (store / FILE).exists()


@contextmanager
def database_of(store: Path) -> Iterator["Database"]:
    """Open the database of a store for one command, which may be the first to need one.

    Raises
    ------
    NotFound
        When there is no store: a mistyped one must not come into being.
    """
    require_store(store)
    with new_database_of(store) as database:
        yield database


@contextmanager
def read_database_of(store: Path) -> Iterator["Database"]:
    """Open the database of a store for one command that only reads; an empty one if there is none.

    Raises
    ------
    NotFound
        When there is no store.
    """
    require_store(store)
    with connected(store, database_url() if has_database(store) else IN_MEMORY) as database:
        yield database


@contextmanager
def new_database_of(store: Path) -> Iterator["Database"]:
    """Open the database of a store for one command; the store begins with it if there is none."""
    with connected(store, database_url()) as database:
        yield database


@contextmanager
def connected(store: Path, url: str | None) -> Iterator["Database"]:
    """Open a database and let go of it after the command."""
    from segmentation.database import open_database

    database = open_database(store, url)
    try:
        yield database
    finally:
        database.dispose()


def require_store(store: Path) -> None:
    """Refuse a folder that holds no store, unless the database is elsewhere."""
    is_store = any((store / name).exists() for name in ("runs", "CURRENT"))
    if not is_store and not has_database(store):
        raise NotFound(
            f"There is no store at `{store}`. Name another by `--store`, or make it by "
            "`coterie run` or `coterie keys create`."
        )
