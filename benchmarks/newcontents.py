"""Who shares contents a run never saw: told by their tags and author, beside contents it knew.

    python -m benchmarks.newcontents [--users 20000] [--levels easy medium hard] [--seed 0]

The last third of simulated contents is kept from a run, with all that was done with them; people
stay. The run ends at 70 % of the time of what is left, and is asked about every exposure after:
of contents it knew, and of those kept from it, which `coterie score --content` tells of. Beside it
stand the same answers without the authors, and without the contents: by the user alone.
"""

import argparse
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.later import Asked, cut, with_truth
from benchmarks.pipeline import coterie
from benchmarks.sharing import FloatArray, line, resampled

LATEST = 1 / 3
WITH_CONTENTS = ("events", "exposures", "content")
HEAD = (
    f"{'':34}{'AUC':>7} {'(95 %)':>15}{'PR-AUC':>9} {'(95 %)':>17}{'Brier':>9}{'ECE':>8}"
    f"{'RCE %':>8}{'lift':>6}"
)


def main() -> None:
    """Print a table for each difficulty."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--users", type=int, default=20_000)
    ask.add_argument("--levels", nargs="+", default=["easy", "medium", "hard"])
    ask.add_argument("--seed", type=int, default=0)
    given = ask.parse_args()
    for level in given.levels:
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder) / "all"
            words = ("--users", given.users, "--seed", given.seed, "--difficulty", level)
            coterie("simulate", *words, "--out", data)
            show(level, data, Path(folder))


def show(level: str, data: Path, scratch: Path) -> None:
    """Print what is said of known contents and of new ones."""
    content = pd.read_parquet(data / "content.parquet")
    new = latest(content)
    asked = cut(without(data, new, scratch / "known"), scratch, "shared", 1 - 0.3)
    late = unknown(data, new, asked.late.ts.min())
    known, told = asked.late, content[content.content_id.isin(new)]
    print(f"\n## {level}: {len(late):,} exposures of new contents, {len(known):,} of known ones")
    print(HEAD)
    rows(asked, "known", known, {"coterie score": said(asked, known)})
    ways = {
        "coterie score": said(asked, late, told),
        "without their authors": said(asked, late, told.assign(author=None)),
        "by the user alone": said(asked, late),
    }
    rows(asked, "new", late, ways)


def latest(content: pd.DataFrame) -> pd.Index:
    """Return the last third of contents by when they came out."""
    out = content.groupby("content_id").ts.min().sort_values(kind="stable")
    return out.index[round(len(out) * (1 - LATEST)) :]


def without(data: Path, new: pd.Index, folder: Path) -> Path:
    """Copy a simulation but for what was done with some contents."""
    shutil.copytree(data, folder)
    for name in WITH_CONTENTS:
        table = pd.read_parquet(data / f"{name}.parquet")
        table[~table.content_id.isin(new)].to_parquet(folder / f"{name}.parquet")
    return folder


def unknown(data: Path, new: pd.Index, moment: pd.Timestamp) -> pd.DataFrame:
    """Return the later exposures of new contents, with what was planted."""
    seen = pd.read_parquet(data / "exposures.parquet")
    seen["ts"] = pd.to_datetime(seen.ts, utc=True)
    late = seen[seen.content_id.isin(new) & (seen.ts >= moment)].reset_index(drop=True)
    return with_truth(late, pd.read_parquet(data / "truth_sharing.parquet"))


def said(asked: Asked, late: pd.DataFrame, told: pd.DataFrame | None = None) -> FloatArray:
    """Ask the run through its command, of contents told to it or not."""
    path, out = asked.scratch / "asked.parquet", asked.scratch / "said.parquet"
    late[["user_id", "content_id", "ts"]].to_parquet(path)
    words: list[object] = ["--exposures", path, "--out", out, "--store", asked.store]
    if told is not None:
        about = asked.scratch / "about.parquet"
        told.assign(ts=pd.NaT, author=told.author.astype("string")).to_parquet(about)
        words += ["--content", about]
    coterie("score", *words)
    return pd.read_parquet(out).share_probability.to_numpy()


def rows(asked: Asked, title: str, late: pd.DataFrame, ways: dict[str, FloatArray]) -> None:
    """Print each way to answer, what was planted and the base rate."""
    outcomes, weights = late.shared.to_numpy(dtype=np.float64), resampled(late.user_id)
    bounds = {"planted": late.planted.to_numpy(), "base rate": np.full(len(late), asked.rate)}
    for name, each in (ways | bounds).items():
        print(f"{f'{title}: {name}':34}{line(outcomes, each, asked.rate, weights)}", flush=True)


if __name__ == "__main__":
    main()
