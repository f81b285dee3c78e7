"""The sets methods are judged on: simulated people, other planted shapes, real ones from a folder.

Every set becomes one matrix that all methods get alike: users x tags, the fourth root of each
event's value in units of its channel's median, at most ten, summed. Shares and invitations are left
out, as they are no interests.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from benchmarks import simulator
from benchmarks.heldout import HeldOut, split
from benchmarks.planting import Population
from benchmarks.shapes import SHAPES
from segmentation.simulator import simulate
from segmentation.simulator.difficulty import DIFFICULTIES, Level

Labels = npt.NDArray[np.int64]
NO_INTERESTS = ("share", "refer")
CLIP = 10.0
HIDDEN = ", hidden tags"


@dataclass(frozen=True, eq=False)
class Dataset:
    """Users x tags, and what is known to judge circles by; None where it is not.

    `truth` is each user's true circle (-1 for none), `memberships` users x circles of 0 and 1,
    `oracle` the labels of one who knows what was planted, `ties` pairs of rows.
    """

    name: str
    X: sparse.csr_array
    truth: Labels | None = None
    memberships: sparse.csr_array | None = None
    oracle: Labels | None = None
    ties: Labels | None = None
    heldout: HeldOut | None = None

    @property
    def planted(self) -> int | None:
        """How many circles there are to find, if anyone knows."""
        return None if self.memberships is None else self.memberships.shape[1]


def simulated(level: Level, users: int, seed: int) -> Dataset:
    """Simulate a population and its oracle."""
    with tempfile.TemporaryDirectory() as folder:
        simulate(users, Path(folder), seed=seed, difficulty=level)
        events = interests(Path(folder))
        people, tags = pd.Index(events.user_id.unique()), pd.Index(events.tag.unique())
        truth = read_truth(Path(folder), people)
        profiles = pd.read_parquet(Path(folder) / "truth_profiles.parquet")
    table = profiles.pivot_table(index="circle", columns="tag", values="weight", fill_value=0.0)
    table = table.reindex(index=truth.circles, columns=tags, fill_value=0.0)
    counts = matrix(events.assign(weight=1.0), people, tags)
    planted = simulator.Planted(counts, truth.primary, table.to_numpy(), tags)
    told = simulator.oracle(planted, DIFFICULTIES[level].signal)
    X = matrix(events, people, tags)
    return Dataset(f"simulated {level}", X, truth.primary, truth.memberships, told)


def shaped(name: str, users: int, seed: int) -> Dataset:
    """Plant one of the shapes."""
    made: Population = SHAPES[name](users, seed)
    return Dataset(name, made.X, made.truth, made.memberships, made.oracle)


def agreed(users: int, seed: int) -> Dataset:
    """Six circles that share no tag, and everyone has nearly all tags of theirs: no method errs."""
    rng = np.random.default_rng([seed, 9])
    circles, width = 6, 12
    truth = rng.integers(0, circles, users)
    who, place = np.nonzero(rng.random((users, width)) < 0.9)
    X = sparse.csr_array(
        (np.ones(len(who)), (who, truth[who] * width + place)), shape=(users, circles * width)
    )
    memberships = one_each(truth, circles)
    return Dataset("agreed", X, truth, memberships, truth)


def real(folder: Path) -> Iterator[Dataset]:
    """Read a real set: whole if it has a truth, and with hidden tags in any case."""
    events = interests(folder)
    people, tags = pd.Index(events.user_id.unique()), pd.Index(events.tag.unique())
    ties = read_ties(folder, people)
    if (folder / "truth.parquet").exists():
        truth = read_truth(folder, people)
        X = matrix(events, people, tags)
        yield Dataset(folder.name, X, truth.primary, truth.memberships, ties=ties)
    yield hidden(folder, ties_of=ties, people=people)


def hidden(folder: Path, *, ties_of: Labels | None, people: pd.Index) -> Dataset:
    """Hide a fifth of the tags of a real set."""
    events = pd.read_parquet(folder / "events.parquet", columns=["user_id", "tag"]).astype(str)
    pairs = split(events)
    people = people.union(pd.Index(pairs.user_id.unique()), sort=False)
    tags = pd.Index(pairs.tag.unique())
    kept = interests(folder).merge(pairs, on=["user_id", "tag"])
    X = matrix(kept[~kept.hidden], people, tags)
    heldout = HeldOut.of(pairs, people, tags)
    return Dataset(folder.name + HIDDEN, X, ties=ties_of, heldout=heldout)


def interests(folder: Path, *, until: pd.Timestamp | None = None) -> pd.DataFrame:
    """Read the events of a folder, if asked up to a moment, as `user_id`, `tag` and `weight`."""
    columns = ["user_id", "ts", "channel", "tag", "value"]
    events = pd.read_parquet(folder / "events.parquet", columns=columns)
    events = events[~events.channel.isin(NO_INTERESTS)]
    if until is not None:
        events = events[events.ts <= until]
    unit = events.groupby("channel").value.transform("median").replace(0, 1)
    return pd.DataFrame(
        {
            "user_id": events.user_id.astype(str),
            "tag": events.tag.astype(str),
            "weight": ((events.value / unit) ** 0.25).clip(0, CLIP),
        }
    )


def matrix(events: pd.DataFrame, people: pd.Index, tags: pd.Index) -> sparse.csr_array:
    """Sum events as users x tags."""
    cells = (people.get_indexer(events.user_id), tags.get_indexer(events.tag))
    X = sparse.csr_array((events.weight.to_numpy(), cells), shape=(len(people), len(tags)))
    X.sum_duplicates()
    X.eliminate_zeros()
    return X


def one_each(labels: Labels, circles: int) -> sparse.csr_array:
    """Return users x circles of 0 and 1, at most one 1 a row."""
    inside = np.flatnonzero(labels >= 0)
    cells = (np.ones(len(inside)), (inside, labels[inside]))
    return sparse.csr_array(cells, shape=(len(labels), circles))


@dataclass(frozen=True, eq=False)
class Truth:
    """Names of the true circles, each user's first one (-1 for none), and all of them."""

    circles: pd.Index
    primary: Labels
    memberships: sparse.csr_array


def read_truth(folder: Path, people: pd.Index) -> Truth:
    """Read the true interest circles of people."""
    table = pd.read_parquet(folder / "truth.parquet")
    if "facet" in table:
        table = table[table.facet == "interest"]
    if "rank" in table:
        table = table.sort_values("rank", kind="stable")
    table = table.assign(user_id=table.user_id.astype(str), circle=table.circle.astype(str))
    circles = pd.Index(np.unique(table.circle))
    first = table.drop_duplicates("user_id").set_index("user_id").circle
    primary = circles.get_indexer(pd.Index(first.reindex(people)))
    known = table[table.user_id.isin(people)]
    cells = (people.get_indexer(known.user_id), circles.get_indexer(known.circle))
    inside = sparse.csr_array((np.ones(len(known)), cells), shape=(len(people), len(circles)))
    return Truth(circles, primary.astype(np.int64), inside)


def read_ties(folder: Path, people: pd.Index) -> Labels | None:
    """Read who is tied to whom, as pairs of rows; None when there are no ties."""
    if not (folder / "edges.parquet").exists():
        return None
    edges = pd.read_parquet(folder / "edges.parquet", columns=["src", "dst"]).astype(str)
    pairs = np.column_stack([people.get_indexer(edges.src), people.get_indexer(edges.dst)])
    return pairs[(pairs >= 0).all(axis=1) & (pairs[:, 0] != pairs[:, 1])]
