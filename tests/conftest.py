"""What every test may ask for."""

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from segmentation.database import FILE, Database, open_database
from tests.postgres import PROGRAM, server

HERE = Path(__file__).resolve()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real datasets beside the checkout; tests that need them skip without."""
    given = os.environ.get("COTERIE_SHARED_DATA")
    folder = Path(given) if given else HERE.parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real datasets are not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server of our own."""
    if PROGRAM is None:
        pytest.skip("no PostgreSQL server on this machine")
    if find_spec("psycopg") is None:
        pytest.skip("the postgres extra is not installed")
    with server() as url:
        yield url


def create_database(address: sa.URL, name: str, *, like: str = "template1") -> sa.URL:
    """Make a database on a server, a copy of another."""
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {like}")
    engine.dispose()
    return address.set(database=name)


def spoken(address: sa.URL) -> str:
    """An address as one would give it."""
    return address.render_as_string(hide_password=False)


@pytest.fixture
def postgres_url(postgres: str) -> str:
    """The address of a new, empty PostgreSQL database."""
    address = sa.make_url(postgres).set(drivername="postgresql+psycopg")
    return spoken(create_database(address, f"t{uuid4().hex}"))


@pytest.fixture(scope="session")
def postgres_with_tables(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> sa.URL:
    """A PostgreSQL database with its tables made, to copy from."""
    address = sa.make_url(postgres).set(drivername="postgresql+psycopg")
    made = create_database(address, "with_tables")
    open_database(tmp_path_factory.mktemp("unused"), spoken(made)).dispose()
    return made


@pytest.fixture(scope="session")
def sqlite_with_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with its tables made, to copy from."""
    store = tmp_path_factory.mktemp("sqlite")
    open_database(store).dispose()
    return store / FILE


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A new database of each kind: a test that asks for it runs on both."""
    url = None
    if request.param == "sqlite":
        (tmp_path / "store").mkdir()
        shutil.copy(request.getfixturevalue("sqlite_with_tables"), tmp_path / "store")
    else:
        made = request.getfixturevalue("postgres_with_tables")
        url = spoken(create_database(made.set(database="postgres"), f"t{uuid4().hex}",
                                     like="with_tables"))  # fmt: skip
    engine = open_database(tmp_path / "store", url)
    yield engine
    engine.dispose()
