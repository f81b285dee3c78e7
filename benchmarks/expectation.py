"""Whether the rate told of a content or the mean over what is unsure is nearer to what is shared.

    python -m benchmarks.expectation [--users 20000] [--levels easy hard] [--seeds 31 32 33]

What is told is the middle of the believable rates; the mean over them, read off the bounds, stands
beside it, each as what it says over what is true. Contents the run knew and contents nobody was
shown are asked of every circle: there the truth is what its members would do, each seeing the
content once. A second run is shown every other content only and asked about the exposures of the
rest: there the truth is the planted probability of whoever was shown one. What a circle's members
would have done in their place is told too, for people are shown what suits them.
"""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import expit, logit, xlogy

from benchmarks.resonance import (
    Told,
    members,
    named,
    planted_rates,
    pools_of,
    rates,
    run_of,
    simulated,
    told,
    worlds,
)
from models.resonance import LEVEL
from segmentation.index import Snapshot
from segmentation.simulator.world import World

FloatArray = npt.NDArray[np.float64]
NODES, WEIGHTS = hermegauss(7)
REACH = NormalDist().inv_cdf((1 + LEVEL) / 2)
PARTS = 10


@dataclass(frozen=True, eq=False)
class Said:
    """Rates told, means over doubt and true rates of as many cells, or of exposures."""

    rate: FloatArray
    mean: FloatArray
    truth: FloatArray
    of_members: FloatArray


def main() -> None:
    """Print, for each difficulty and kind of content, what is said over what is true."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--users", type=int, default=20_000)
    ask.add_argument("--levels", nargs="+", default=["easy", "hard"])
    ask.add_argument("--seeds", type=int, nargs="+", default=[31, 32, 33])
    given = ask.parse_args()
    for level in given.levels:
        found = [asked(given.users, seed, level) for seed in given.seeds]
        for kind in found[0]:
            show(f"{level}, {kind}", [each[kind] for each in found])


def asked(users: int, seed: int, level: str) -> dict[str, Said]:
    """Make both runs and ask them."""
    world, later = worlds(users, seed, level)
    with tempfile.TemporaryDirectory() as folder:
        data = simulated(Path(folder) / "data", users, seed, level)
        snapshot = run_of(data, Path(folder) / "store")
        known, new = told(snapshot, world), told(snapshot, later)
        shown, own = of_exposures(data, Path(folder) / "half", world)
    every = np.ones_like(known.is_own)
    return {
        "known": of_cells(known, every),
        "known, own theme": of_cells(known, known.is_own),
        "not yet made": of_cells(new, every),
        "not yet made, own theme": of_cells(new, new.is_own),
        "held back, as shown": shown,
        "held back, own theme": part_of(shown, own),
        "held back, other themes": part_of(shown, ~own),
    }


def of_cells(told: Told, rows: npt.NDArray[np.bool_]) -> Said:
    """Return some cells of circle and content."""
    truth = told.truth[rows]
    return Said(told.rate[rows], mean_of(told.low[rows], told.high[rows]), truth, truth)


def part_of(said: Said, rows: npt.NDArray[np.bool_]) -> Said:
    """Return some entries."""
    return Said(*(values[rows] for values in vars(said).values()))


def mean_of(low: FloatArray, high: FloatArray) -> FloatArray:
    """Return the mean of rates whose log-odds are normal, by their bounds."""
    ends = logit([low, high])
    spread = (ends[1] - ends[0]) / 2 / REACH
    return np.asarray(WEIGHTS @ expit(ends.mean(axis=0) + np.outer(NODES, spread))) / WEIGHTS.sum()


def of_exposures(data: Path, scratch: Path, world: World) -> tuple[Said, npt.NDArray[np.bool_]]:
    """Ask a run that saw every other content about exposures of the rest; and which are of theme.

    Numbers of contents are drawn by lot, so that even and odd ones are alike.
    """
    truth = pd.read_parquet(data / "truth_sharing.parquet")
    is_held = is_odd(truth.content_id)
    exposures = pd.read_parquet(data / "exposures.parquet")
    scratch.mkdir()
    exposures[~is_odd(exposures.content_id)].to_parquet(scratch / "exposures.parquet")
    snapshot = run_of(data, scratch / "store", exposures=scratch / "exposures.parquet")
    return exposed(snapshot, world, truth[is_held])


def exposed(
    snapshot: Snapshot, world: World, held: pd.DataFrame
) -> tuple[Said, npt.NDArray[np.bool_]]:
    """Ask about the exposures of people in a circle."""
    rows = np.arange(len(world.contents.tags))
    answers = [rates(snapshot, tags) for tags in named(world, world.contents, rows)]
    circle_ids = [name for name, _ in answers[0]]
    home, people = members(snapshot, circle_ids)
    place = np.full(len(world.people), -1)
    place[people] = home
    circle = place[held.user_id.str[1:].astype(int)]
    content = np.argsort(world.contents.number)[held.content_id.str[1:].astype(int)]
    is_in = circle >= 0
    cells = content[is_in], circle[is_in]
    rate, low, high = np.moveaxis(np.array([[row for _, row in each] for each in answers]), 2, 0)
    of_members = planted_rates(world, rows, home, people, len(circle_ids)).T
    theme = pools_of(world, home, people, len(circle_ids))
    said = Said(
        rate[cells], mean_of(low[cells], high[cells]), held.probability.to_numpy()[is_in],
        of_members[cells],
    )  # fmt: skip
    return said, theme[cells[1]] == world.contents.pool[cells[0]]


def is_odd(content_ids: pd.Series) -> npt.NDArray[np.bool_]:
    """Say which contents have odd numbers."""
    return (content_ids.str[1:].astype(int) % 2 == 1).to_numpy()


def show(title: str, found: list[Said]) -> None:
    """Write what is said over what is true: in all, least and most of a run, by tenths."""
    columns = zip(*(vars(each).values() for each in found), strict=True)
    every = Said(*(np.concatenate(column) for column in columns))
    shown = every.truth.mean() / every.of_members.mean()
    print(f"{title}: true {every.truth.mean():.4f}, over what members would share {shown:.3f}")
    for name in ("rate", "mean"):
        said = getattr(every, name)
        runs = [getattr(each, name).mean() / each.truth.mean() for each in found]
        tenths = np.array_split(np.argsort(said, kind="stable"), PARTS)
        by_tenth = " ".join(f"{said[at].mean() / every.truth[at].mean():.2f}" for at in tenths)
        print(
            f"  {name:5}{said.mean() / every.truth.mean():6.3f} ({min(runs):.3f}-{max(runs):.3f})"
            f"  loss {loss(said, every.truth):.5f}  {by_tenth}",
            flush=True,
        )


def loss(said: FloatArray, truth: FloatArray) -> float:
    """Return the expected logarithmic loss of an exposure."""
    return float(-np.mean(xlogy(truth, said) + xlogy(1 - truth, 1 - said)))


if __name__ == "__main__":
    main()
