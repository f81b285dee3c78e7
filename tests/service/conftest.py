"""Planted stores, and callers of a service over them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI

from segmentation import keys
from segmentation.database import open_database
from service.app import create_app
from service.settings import Settings
from tests.service.callers import Caller, caller
from tests.service.stores import NOW, fill

SCOPES = ("read", "members", "export", "tiers", "runs", "admin")


@pytest.fixture(scope="session")
def planted(tmp_path_factory) -> Path:
    """A store with three runs that nobody changes."""
    return fill(tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="session")
def secrets(planted) -> dict[str, str]:
    """One key for each scope of the planted store."""
    database = open_database(planted, None)
    return {
        scope: keys.create(database, name=scope, scopes=(scope,), expires=None, now=NOW)[1]
        for scope in SCOPES
    }


@pytest.fixture(scope="session")
def guarded(planted, secrets) -> FastAPI:
    """A service over the planted store that asks for keys."""
    return create_app(Settings(store=planted))


@pytest.fixture
def ask(guarded, secrets) -> Callable[[str], Caller]:
    """Call the guarded service with the key of one scope."""
    return lambda scope: caller(guarded, key=secrets[scope])


@pytest.fixture(scope="session")
def api(planted) -> Caller:
    """The owner of the machine, asking the planted store without a key."""
    return caller(create_app(Settings(store=planted, no_auth=True)))


@pytest.fixture
def changing(tmp_path) -> Path:
    """A store of its own for a test that changes it."""
    return fill(tmp_path / "store", users=40)
