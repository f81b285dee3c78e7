"""A run made of what was before a moment, and the exposures after it that it is asked about."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.pipeline import coterie
from segmentation.store import Store

TABLES = ("events", "labels", "edges", "exposures", "content", "consent")
DATED = ("events", "edges", "exposures")


@dataclass(frozen=True, eq=False)
class Asked:
    """Later exposures with their outcomes, the run that is asked, and what it learned from."""

    store: Path
    late: pd.DataFrame
    early: pd.DataFrame
    content: pd.DataFrame
    scratch: Path

    @property
    def rate(self) -> float:
        """The rate of all before the cut."""
        return float(self.early.shared.mean())

    @property
    def snapshot(self) -> Path:
        """The live snapshot."""
        return Store(self.store).live_folder()


def cut(data: Path, scratch: Path, outcome: str, share: float) -> Asked:
    """Make a run of what was before a share of the exposures' time."""
    seen = pd.read_parquet(data / "exposures.parquet")
    seen["shared"] = seen[outcome].astype(np.int8)
    seen["ts"] = pd.to_datetime(seen.ts, utc=True)
    moment = seen.ts.quantile(share)
    early = scratch / "early"
    early.mkdir()
    known = shares_known(data, seen, moment)
    words: list[object] = []
    for table in TABLES:
        path = data / f"{table}.parquet"
        if path.exists():
            rows = known if table == "exposures" else pd.read_parquet(path)
            if table in DATED:
                at = pd.to_datetime(rows.ts, utc=True)
                rows = rows[at.isna() | (at < moment)]
            if table == "content":
                rows = rows.assign(ts=pd.NaT)  # what a content is about is known before it is seen
            rows.to_parquet(early / path.name)
            words += [f"--{table}", early / path.name]
    store = scratch / "store"
    coterie("run", *words, "--store", store, "--as-of", moment.isoformat())
    late = seen[seen.ts >= moment].reset_index(drop=True)
    if (data / "truth_sharing.parquet").exists():
        late = with_truth(late, pd.read_parquet(data / "truth_sharing.parquet"))
    content = pd.read_parquet(data / "content.parquet")
    return Asked(store, late, known[known.ts < moment], content, scratch)


def shares_known(data: Path, seen: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """Return exposures as they were at a moment: what was shared later was not shared yet."""
    events = pd.read_parquet(data / "events.parquet")
    if "content_id" not in events:
        return seen
    told = events[(events.channel == "share") & (pd.to_datetime(events.ts, utc=True) >= moment)]
    later = pd.MultiIndex.from_frame(told[["user_id", "content_id"]])
    mine = pd.MultiIndex.from_frame(seen[["user_id", "content_id"]])
    return seen.assign(shared=np.where(mine.isin(later), 0, seen.shared).astype(np.int8))


def with_truth(late: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Put the planted probability beside exposures, and outcomes also past the simulated end."""
    truth["ts"] = pd.to_datetime(truth.ts, utc=True)
    keys = ["user_id", "content_id", "ts"]
    planted = truth.drop_duplicates(keys).set_index(keys)
    found = planted.reindex(pd.MultiIndex.from_frame(late[keys]))
    return late.assign(
        planted=found.probability.to_numpy(),
        shared=found.shared_within_horizon.to_numpy().astype(np.int8),
    )
