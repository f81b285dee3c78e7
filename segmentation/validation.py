"""Reading inputs without keeping anything: what `coterie validate` shows."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from segmentation.badrows import require_mostly_good
from segmentation.config import Config
from segmentation.engine import DuckEngine
from segmentation.errors import InputError
from segmentation.ingest import IngestReport, ingest

SHOWN = 100


@dataclass(frozen=True)
class Verdict:
    """What a run would read: rows and reasons by table, and bad rows as they stand.

    `quarantine` holds the first `SHOWN` of `bad` rows; `refused` says why a run would not go on,
    and is empty when it would.
    """

    report: IngestReport
    quarantine: list[dict[str, Any]]
    refused: str

    @property
    def bad(self) -> int:
        """How many rows are bad, of all tables."""
        return sum(table.bad for table in self.report.tables.values())

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {
            **self.report.to_dict(),
            "bad": self.bad,
            "quarantine": self.quarantine,
            "refused": self.refused or None,
        }


def validate_inputs(
    config: Config, *, base: Path, as_of: datetime | None, now: datetime
) -> Verdict:
    """Ingest into a folder that is thrown away, however many rows are bad."""
    resources = config.resources
    lenient = replace(config, input=replace(config.input, max_bad_share=1.0))
    with TemporaryDirectory() as folder:
        out = Path(folder)
        with DuckEngine(
            resources.memory_limit, threads=resources.threads, temp_directory=out / "spill"
        ) as engine:
            report = ingest(lenient, base=base, out=out, engine=engine, as_of=as_of, now=now)
            engine.register("quarantine", out / "quarantine.parquet")
            rows = engine.execute(f"SELECT * FROM quarantine ORDER BY ALL LIMIT {SHOWN}")
    return Verdict(report, rows.to_pylist(), refusal(report, config.input.max_bad_share))


def refusal(report: IngestReport, limit: float) -> str:
    """Say why a run would stop at these rows; nothing when it would not."""
    try:
        for table, found in report.tables.items():
            require_mostly_good(table, found.rows_in, found.reasons, limit=limit)
    except InputError as error:
        return str(error)
    return ""
