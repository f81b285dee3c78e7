"""Who forwards what: what the sharing model and mere circles say of later exposures.

    python -m benchmarks.forwards FOLDER [--outcome liked]

FOLDER holds `events.parquet` and `exposures.parquet`, such as a week of KuaiRand. Circles are found
in the events of the first 70 % of the time; each circle's past rate, drawn toward the rate of all,
is the score of its people on the exposures after. The sharing model is that of a whole run, judged
on later exposures of its own choice beside its own baselines. Where shares are few, `--outcome`
names another column of 0 and 1 to stand in.
"""

import argparse
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks import sets
from benchmarks.methods import METHODS
from benchmarks.pipeline import coterie
from models.reliability import Quality, quality

Labels = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
COMPARED = ("Coterie", "k-means", "SVD + hdbscan", "UMAP + hdbscan")
EARLY = 0.7
CIRCLES = 20
WORTH = 200.0
"""Exposures the rate of all counts for in each circle."""
TABLES = ("events", "labels", "edges", "content", "consent")


@dataclass(frozen=True, eq=False)
class Forwards:
    """Exposures before and after a moment, with a column `outcome`, and the events before it."""

    events: pd.DataFrame
    before: pd.DataFrame
    after: pd.DataFrame

    @property
    def rate(self) -> float:
        """The rate of all before the moment."""
        return float(self.before.outcome.mean())


def main() -> None:
    """Print one row for each way to score."""
    warnings.simplefilter("ignore")
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("folder", type=Path)
    ask.add_argument("--outcome", default="shared")
    ask.add_argument("--methods", nargs="+", choices=METHODS, default=COMPARED)
    given = ask.parse_args()
    data = read(given.folder, given.outcome)
    print(f"{data.after.outcome.sum():,} of {len(data.after):,} later exposures; PR-AUC, RCE %")
    for name in given.methods:
        missing = METHODS[name].missing()
        figures = f"not installed: {', '.join(missing)}" if missing else shown(scored(data, name))
        print(f"circles of {name:22} {figures}", flush=True)
    for name, figures in whole_run(given.folder, given.outcome).items():
        print(f"{name:33} {figures['pr_auc']:.4f}  {figures['rce']:6.2f}")


def read(folder: Path, outcome: str) -> Forwards:
    """Cut events and exposures at the moment by which 70 % of the exposures had happened."""
    exposures = pd.read_parquet(folder / "exposures.parquet", columns=["user_id", "ts", outcome])
    exposures = exposures.rename(columns={outcome: "outcome"}).astype({"user_id": str})
    moment = exposures.ts.quantile(EARLY)
    events = sets.interests(folder, until=moment)
    early = exposures.ts <= moment
    return Forwards(events, exposures[early], exposures[~early])


def scored(data: Forwards, name: str) -> Quality:
    """Score later exposures by the past rate of each user's circle."""
    people, tags = pd.Index(data.events.user_id.unique()), pd.Index(data.events.tag.unique())
    method = METHODS[name]
    space = method.prepare(sets.matrix(data.events, people, tags), 0)
    labels = method.place(space, next(iter(method.settings([CIRCLES]))), 0).labels
    return judged(data, pd.Series(labels, index=people))


def judged(data: Forwards, circle: pd.Series) -> Quality:
    """Judge each circle's past rate; people in no circle are a group, strangers get the mean.

    A stranger has no event before the moment, and so did not respond to anything before it.
    """
    past = data.before.outcome.groupby(circle.reindex(data.before.user_id).to_numpy())
    sums, sizes = past.sum(), past.size()
    rates = (sums + WORTH * data.rate) / (sizes + WORTH)
    scores = rates.reindex(circle.reindex(data.after.user_id)).fillna(data.rate).to_numpy()
    outcomes = data.after.outcome.to_numpy(dtype=np.float64)
    return quality(outcomes, probabilities=scores, base_rate=data.rate)


def shown(figures: Quality) -> str:
    """Write the two figures."""
    return f"{figures.pr_auc or 0.0:.4f}  {figures.rce or 0.0:6.2f}"


def whole_run(folder: Path, outcome: str) -> dict[str, dict[str, float]]:
    """Run the pipeline; return the figures of its model and of its baselines."""
    with tempfile.TemporaryDirectory() as scratch:
        exposures = pd.read_parquet(folder / "exposures.parquet")
        path = Path(scratch) / "exposures.parquet"
        exposures.assign(shared=exposures[outcome]).to_parquet(path)
        given = [(f"--{each}", folder / f"{each}.parquet") for each in TABLES]
        words = [word for flag, file in given if file.exists() for word in (flag, file)]
        store = Path(scratch) / "store"
        report = coterie("run", *words, "--exposures", path, "--store", store)["sharing"]
    baselines = {f"baseline {name}": figures for name, figures in report["baselines"].items()}
    return {"the model of a whole run": report["test"], **baselines}


if __name__ == "__main__":
    main()
