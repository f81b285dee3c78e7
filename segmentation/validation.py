"""Reading inputs without keeping anything: what `coterie validate` shows."""

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from segmentation.config import Config
from segmentation.engine import DuckEngine
from segmentation.ingest import ingest


def validate_inputs(
    config: Config, *, base: Path, as_of: datetime | None, now: datetime
) -> dict[str, Any]:
    """Ingest into a folder that is thrown away; return the report with rows and reasons."""
    resources = config.resources
    with TemporaryDirectory() as folder:
        out = Path(folder)
        with DuckEngine(
            resources.memory_limit, threads=resources.threads, temp_directory=out / "spill"
        ) as engine:
            report = ingest(config, base=base, out=out, engine=engine, as_of=as_of, now=now)
    return report.to_dict()
