"""What a stage of a run may use: settings, tables, what earlier stages saved, the run before."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from segmentation.circling import FacetCircles
from segmentation.config import Config, Facet
from segmentation.engine import Engine
from segmentation.engines import Engines
from segmentation.inforce import with_hand
from segmentation.policy import BUILT_IN, Policy
from segmentation.policyfile import parse_policy, read_text
from segmentation.rulings import Decision
from segmentation.sent import FILE as SENT
from segmentation.store import Store
from segmentation.tags import FacetMatrix
from segmentation.tomlfile import Source
from segmentation.work import Work


@dataclass(frozen=True)
class Context:
    """One run as its stages see it. Whatever is read here was saved by an earlier stage."""

    config: Config
    base: Path
    work: Work
    store: Store
    engines: Engines

    @property
    def engine(self) -> Engine:
        """The engine that asks the valid tables."""
        return self.engines.near

    @property
    def bulk(self) -> Engine:
        """The engine that reads the inputs and sums everyone's tags."""
        return self.engines.bulk

    @property
    def seed(self) -> int:
        """The seed of everything random."""
        return int(self.work.request()["seed"])

    @property
    def previous(self) -> str | None:
        """The run that was live when this one began."""
        previous: str | None = self.work.request()["previous"]
        return previous

    @property
    def asked_at(self) -> datetime:
        """When the run was asked for."""
        return datetime.fromisoformat(self.work.request()["now"])

    @property
    def as_of(self) -> datetime | None:
        """The moment the run describes: as asked, or the last event's time."""
        found = self.work.load("ingest.json").get("as_of") or self.work.request()["as_of"]
        return datetime.fromisoformat(found) if found else None

    @property
    def tables(self) -> Path:
        """Where the valid tables lie."""
        return self.work.folder / "valid"

    @property
    def sent_through(self) -> int:
        """The number of the last of the events sent over HTTP that the run knows of."""
        return int(self.work.request().get("sent_through", 0))

    def config_with_sent(self) -> Config:
        """The settings, with the events sent over HTTP among the files to read."""
        path = self.work.folder / SENT
        if not path.exists():
            return self.config
        events = (*self.config.input.events, str(path))
        return replace(self.config, input=replace(self.config.input, events=events))

    def rulings(self) -> list[Decision]:
        """What people had decided of circles when the run began."""
        return [Decision.of(facts) for facts in self.work.request().get("rulings", [])]

    def user_ids(self) -> list[str]:
        """Everyone, in registry order."""
        ids: list[str] = pq.read_table(self.tables / "people.parquet")["user_id"].to_pylist()
        return ids

    def facet(self, name: Facet) -> FacetMatrix:
        """The matrix of a facet."""
        return FacetMatrix.load(self.work.path(f"tags/{name}.npz"))

    def evidence(self, name: Facet) -> FacetMatrix:
        """The matrix circles are found in: that of the facet, or with what ties lend."""
        path = self.work.path(f"tags/{name}.tied.npz")
        return FacetMatrix.load(path) if path.exists() else self.facet(name)

    def found(self, name: Facet) -> FacetCircles:
        """The circles of a facet as they were found."""
        return FacetCircles.load(self.work.folder / "found" / name)

    def circles(self, name: Facet) -> FacetCircles:
        """The circles of a facet that stay."""
        return FacetCircles.load(self.work.folder / "circles" / name)

    def table(self, name: str) -> pa.Table:
        """A table an earlier stage saved."""
        return pq.read_table(self.work.folder / f"{name}.parquet")

    def table_before(self, what: str) -> pa.Table | None:
        """A table of the run before; None when this is the first."""
        return None if self.previous is None else self.store.table(self.previous, what)

    def tiers_before(self) -> pa.Table | None:
        """The tiers in force when this run began; None when it is the first."""
        before = self.table_before("tiers")
        held = self.work.request().get("held", {})
        return None if before is None else with_hand(before, "tiers", held)

    def policy_text(self) -> str:
        """The policy in force: the live run's, or before the first run the one of the file."""
        text: str | None = self.work.request()["policy"]
        return read_text(self.policy_file()) if text is None else text

    def policy_source(self) -> Source:
        """The text of the policy in force, and what messages call it."""
        in_force = self.work.request()["policy"] is not None
        name = "the policy in force" if in_force else str(self.policy_file())
        return Source(name, self.policy_text())

    def policy(self) -> Policy:
        """The policy in force."""
        source, in_force = self.policy_source(), self.work.request()["policy"] is not None
        return parse_policy(source.text, file=source.file, in_force=in_force)

    def policy_of_file(self) -> Policy:
        """The policy that is in force once it is applied."""
        return Policy.load(self.policy_file())

    def policy_file(self) -> Path:
        """The file the settings name, or the built-in one."""
        file = self.base / self.config.rights.policy
        is_named = self.config.rights != type(self.config.rights)()
        return file if is_named or file.exists() else BUILT_IN

    def as_of_before(self) -> datetime | None:
        """The moment the run before describes; None when this is the first, or without time."""
        if self.previous is None:
            return None
        found: str | None = self.store.manifest(self.previous)["as_of"]
        return datetime.fromisoformat(found) if found else None

    def set_by_hand(self) -> dict[str, str]:
        """Users' tiers that somebody decided, when the run began."""
        by_hand: dict[str, str] = self.work.request()["by_hand"]
        return by_hand
