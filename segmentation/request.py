"""What a run is asked to do."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from segmentation.config import Config


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """What a run is asked to do.

    `base` is the folder input patterns are relative to; `as_of` None means the latest event;
    `now` is when the run was asked for; a `reason` publishes past a failed gate. Without
    `database_url` the database lies in the store.
    """

    config: Config
    base: Path
    store: Path
    now: datetime
    as_of: datetime | None = None
    seed: int = 0
    publish: bool = True
    reason: str = ""
    resume: bool = False
    database_url: str | None = None
