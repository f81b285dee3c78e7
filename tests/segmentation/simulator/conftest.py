"""Populations that several tests look at; nobody changes them."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from segmentation.simulator import SimulationReport, simulate


@dataclass(frozen=True)
class Simulated:
    """A simulation on disk."""

    report: SimulationReport

    def table(self, name: str, period: int = 1) -> pd.DataFrame:
        """Read one table of a period."""
        return pd.read_parquet(self.report.folders[period - 1] / f"{name}.parquet")

    def all(self, name: str) -> pd.DataFrame:
        """Read one table of all periods."""
        return pd.concat([self.table(name, p + 1) for p in range(len(self.report.folders))])

    def primary(self, period: int = 1) -> "pd.Series[str]":
        """Return the primary interest circle by user."""
        truth = self.table("truth", period)
        first = truth[(truth.facet == "interest") & (truth["rank"] == 1)]
        return first.set_index("user_id").circle


@pytest.fixture(scope="session")
def population(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """Eight thousand people, one period, medium difficulty."""
    return Simulated(simulate(8_000, tmp_path_factory.mktemp("population"), seed=1))


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """Six thousand people over three periods."""
    return Simulated(simulate(6_000, tmp_path_factory.mktemp("history"), seed=2, periods=3))


@pytest.fixture(scope="session")
def lineage(history: Simulated) -> pd.DataFrame:
    """What became of the circles of the history."""
    path: Path = history.report.folders[0].parent / "lineage_truth.parquet"
    return pd.read_parquet(path)
