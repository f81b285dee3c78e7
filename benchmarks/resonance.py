"""Whether the bounds of what a content would do hold: rates by circle beside the planted ones.

    python -m benchmarks.resonance [--users 20000] [--levels easy medium hard] [--seeds 31 ... 35]

A run of simulated people is asked, through its snapshot, what each circle it found would share of
contents: of such as it knew, of such as nobody was ever shown, and of those among the latter made
for the circle's own theme. The truth is the mean of what the circle's members would do, each
seeing the content once, by the planted inclinations. No seed named here served a choice.
"""

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import logit

from benchmarks.pipeline import coterie
from segmentation.index import Snapshot
from segmentation.simulator.contents import Contents, publish_contents
from segmentation.simulator.difficulty import DIFFICULTIES
from segmentation.simulator.randomness import stream
from segmentation.simulator.sharing import sigmoid
from segmentation.simulator.simulation import AS_OF
from segmentation.simulator.timeline import timeline
from segmentation.simulator.world import World, plant
from segmentation.store import Store

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
TABLES = ("events", "labels", "edges", "exposures", "content", "consent")
ASKED = 1_000
HEAD = (
    f"{'difficulty, contents':30}{'held':>7} {'least-most':>11}{'below':>7}{'above':>7}"
    f"{'high/low':>10}{'error':>7}{'said':>8}{'true':>8}"
)


@dataclass(frozen=True, eq=False)
class Told:
    """What was said of contents and what is true; arrays of rates are circles x contents."""

    rate: FloatArray
    low: FloatArray
    high: FloatArray
    truth: FloatArray
    is_own: npt.NDArray[np.bool_]


def main() -> None:
    """Print a row for each difficulty and kind of content, over all seeds."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--users", type=int, default=20_000)
    ask.add_argument("--levels", nargs="+", default=list(DIFFICULTIES))
    ask.add_argument("--seeds", type=int, nargs="+", default=list(range(31, 36)))
    given = ask.parse_args()
    print(HEAD)
    for level in given.levels:
        found = [asked(given.users, seed, level) for seed in given.seeds]
        for kind in found[0]:
            print(line(f"{level}, {kind}", [each[kind] for each in found]), flush=True)


def asked(users: int, seed: int, level: str) -> dict[str, FloatArray]:
    """Make a run, ask it, and return figures by kind of content."""
    world, later = worlds(users, seed, level)
    with tempfile.TemporaryDirectory() as folder:
        data = simulated(Path(folder) / "data", users, seed, level)
        snapshot = run_of(data, Path(folder) / "store")
        known, new = told(snapshot, world), told(snapshot, later)
    every = np.ones_like(known.is_own)
    return {
        "known": figures(known, every),
        "not yet made": figures(new, every),
        "not yet made, own theme": figures(new, new.is_own),
    }


def worlds(users: int, seed: int, level: str) -> tuple[World, World]:
    """The planted world, and the same with contents that nobody was shown yet."""
    world = plant(users, seed, DIFFICULTIES[level], timeline(AS_OF, 1))
    later = publish_contents(
        users, world.states[-1].circles, world.crowd, world.periods, stream(seed, "later")
    )
    return world, replace(world, contents=later)


def simulated(data: Path, users: int, seed: int, level: str) -> Path:
    """Simulate people as a user does."""
    words = ("--users", users, "--seed", seed, "--difficulty", level)
    coterie("simulate", *words, "--out", data)
    return data


def run_of(data: Path, store: Path, **instead: Path) -> Snapshot:
    """Run the pipeline as a user does, on other tables in place of some."""
    files = {table: data / f"{table}.parquet" for table in TABLES} | instead
    inputs = [word for table, file in files.items() for word in (f"--{table}", file)]
    coterie("run", *inputs, "--store", store)
    return Store(store).snapshot()


def told(snapshot: Snapshot, world: World) -> Told:
    """Ask of contents of a world, the same number whatever their kind."""
    contents = world.contents
    rows = stream(world.seed, "asked").permutation(len(contents.tags))[:ASKED]
    said = [rates(snapshot, tags) for tags in named(world, contents, rows)]
    circle_ids = [name for name, _ in said[0]]
    home, people = members(snapshot, circle_ids)
    theme = pools_of(world, home, people, len(circle_ids))
    rate, low, high = np.moveaxis(np.array([[row for _, row in each] for each in said]), 2, 0)
    truth = planted_rates(world, rows, home, people, len(circle_ids))
    return Told(rate.T, low.T, high.T, truth, theme[:, None] == contents.pool[rows])


def rates(snapshot: Snapshot, tags: list[str]) -> list[tuple[str, list[float]]]:
    """Return what each circle would share and the bounds, by the circle's id."""
    rows = snapshot.resonance.answer(tags)["circles"]
    return sorted((row["circle_id"], list(row["expected_share_rate"].values())) for row in rows)


def named(world: World, contents: Contents, rows: IntArray) -> Iterator[list[str]]:
    """Return the tags of some contents by name."""
    words = world.vocabulary.tags
    return ([words[tag] for tag in contents.tags[row] if tag >= 0] for row in rows)


def members(snapshot: Snapshot, circle_ids: list[str]) -> tuple[IntArray, IntArray]:
    """Return whoever is in a circle: its place among the circles, and their number."""
    users = pd.read_parquet(snapshot.folder / "tables" / "users.parquet")
    home = pd.Index(circle_ids).get_indexer(users.interest_circle)
    people = users.user_id.str[1:].astype(int).to_numpy()
    return home[home >= 0], people[home >= 0]


def pools_of(world: World, home: IntArray, people: IntArray, n_circles: int) -> IntArray:
    """Return the pool of contents made for the planted circle most members are in."""
    primary = world.states[0].members[people, 0]
    return pd.crosstab(home, primary).reindex(range(n_circles)).idxmax(axis=1).to_numpy() + 1


def planted_rates(
    world: World, rows: IntArray, home: IntArray, people: IntArray, n_circles: int
) -> FloatArray:
    """Return what each circle would share of each content, if every member saw it once."""
    attraction = world.attraction(world.periods[0])
    circles, inborn = world.states[0].members[people], world.people.propensity[people]
    sizes = np.bincount(home, minlength=n_circles)
    sums = [
        np.bincount(home, sigmoid(attraction.share_odds(same, circles, inborn)), n_circles)
        for same in (np.full(len(people), row) for row in rows)
    ]
    return np.array(sums).T / sizes[:, None]


def figures(told: Told, rows: npt.NDArray[np.bool_]) -> FloatArray:
    """Return the share held, below and above, width, squared error, and mean rates."""
    rate, low, high, truth = (part[rows] for part in (told.rate, told.low, told.high, told.truth))
    below, above = np.mean(truth < low), np.mean(truth > high)
    width, error = np.mean(np.log(high / low)), np.mean((logit(truth) - logit(rate)) ** 2)
    return np.array([1 - below - above, below, above, width, error, rate.mean(), truth.mean()])


def line(title: str, found: list[FloatArray]) -> str:
    """Write the means over seeds."""
    held = [each[0] for each in found]
    mean, below, above, width, error, said, true = np.mean(found, axis=0)
    return (
        f"{title:30}{mean:7.3f} {min(held):.3f}-{max(held):.3f}{below:7.3f}{above:7.3f}"
        f"{np.exp(width):10.2f}{np.sqrt(error):7.3f}{said:8.4f}{true:8.4f}"
    )


if __name__ == "__main__":
    main()
