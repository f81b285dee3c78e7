"""The folder of an unfinished run: what it was asked, which stages are through, what they saved."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segmentation.manifest import read_json, write_json

REQUEST = "run.json"


@dataclass(frozen=True)
class Work:
    """One unfinished run. A stage counts as done only once its record is in place."""

    folder: Path

    @property
    def run_id(self) -> str:
        """The id the run will have in the store."""
        return self.folder.name

    def open(self, request: Mapping[str, Any]) -> None:
        """Begin the run: record what was asked."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_json(self.folder / REQUEST, request)

    def request(self) -> dict[str, Any]:
        """What was asked of the run; empty when it died before it could say."""
        path = self.folder / REQUEST
        return read_json(path) if path.exists() else {}

    def record(self, stage: str) -> dict[str, Any] | None:
        """The record a finished stage left, None while it is not through."""
        path = self.record_path(stage)
        return read_json(path) if path.exists() else None

    def finish(self, stage: str, record: Mapping[str, Any]) -> None:
        """Mark a stage as through; all it saved must be on disk before."""
        self.record_path(stage).parent.mkdir(exist_ok=True)
        write_json(self.record_path(stage), record)

    def records(self) -> list[dict[str, Any]]:
        """The records of all stages that are through, in the order of the run."""
        found = map(read_json, self.record_path("*").parent.glob("*.json"))
        return sorted(found, key=lambda record: record["number"])

    def record_path(self, stage: str) -> Path:
        """Where a stage's record lies."""
        return self.folder / "stages" / f"{stage}.json"

    def path(self, name: str) -> Path:
        """A file of this run, its folder made."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def save(self, name: str, facts: Mapping[str, Any]) -> None:
        """Keep small facts under a name for later stages."""
        write_json(self.path(name), facts)

    def load(self, name: str) -> dict[str, Any]:
        """Read back small facts an earlier stage saved."""
        return read_json(self.folder / name)

    def remove(self) -> None:
        """Forget the run and all it saved."""
        shutil.rmtree(self.folder)


def unfinished(folder: Path) -> list[Work]:
    """The unfinished runs of a store, newest first."""
    if not folder.is_dir():
        return []
    return [Work(path) for path in sorted(folder.iterdir(), reverse=True) if path.is_dir()]
