"""What every test may ask for."""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from segmentation.database import Database, open_database
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


@pytest.fixture
def postgres_url(postgres: str) -> str:
    """The address of a new, empty PostgreSQL database."""
    name = f"t{uuid4().hex}"
    address = sa.make_url(postgres).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return address.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A new database of each kind: a test that asks for it runs on both."""
    is_sqlite = request.param == "sqlite"
    url = None if is_sqlite else request.getfixturevalue("postgres_url")
    engine = open_database(tmp_path / "store", url)
    yield engine
    engine.dispose()
