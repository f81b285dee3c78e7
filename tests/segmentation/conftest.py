"""A small planted population, and runs over it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from segmentation.config import Config
from segmentation.progress import Silent
from segmentation.records import overlay
from segmentation.run import RunOutcome, RunRequest, segment
from segmentation.simulator import TABLE_FILES, simulate

NOW = datetime(2026, 11, 1, 2, tzinfo=UTC)


@pytest.fixture(scope="session")
def population(tmp_path_factory) -> Path:
    """Fifteen hundred simulated people."""
    folder = tmp_path_factory.mktemp("population")
    simulate(1500, folder, seed=5)
    return folder


def settings_for(folder: Path, **changes: object) -> Config:
    """Settings that read the tables of a folder; two resamples are enough for a test."""
    tables = {table: [str(folder / file)] for table, file in TABLE_FILES.items()}
    config = overlay(Config(), {"input": tables, "circles": {"resamples": 2}}, "the test")
    return replace(config, **changes)


@pytest.fixture(scope="session")
def run_once() -> Callable[..., RunOutcome]:
    """Run the pipeline on a folder of tables."""

    def run(folder: Path, store: Path, *, now: datetime = NOW, **asked: object) -> RunOutcome:
        config = asked.pop("config", None) or settings_for(folder)
        request = RunRequest(config=config, base=folder, store=store, now=now, **asked)
        return segment(request, Silent())

    return run


@pytest.fixture(scope="session")
def made(
    population: Path, run_once: Callable[..., RunOutcome], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A store with one run; whoever changes it takes a copy."""
    store = tmp_path_factory.mktemp("made") / "store"
    run_once(population, store)
    return store
