"""Audiences of ten million people in less than 8 GB of memory.

Of people like `benchmarks.crowd`'s no more is planted than audiences are asked from: columns in
place of tables, tags by parts, the audience index without the rest of a snapshot.

    python -m benchmarks.tenfold [--users 10000000] [--engines DuckDB PostgreSQL chdb]
"""

import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from benchmarks.audience import ENGINES, arguments, measure, show
from benchmarks.crowd import CIRCLES, TAGS, TAGS_EACH, TIER_SHARES, circle_ids, homes, words
from segmentation.audience import AudienceIndex
from segmentation.audience_index import write_audience_index
from segmentation.billionths import to_parts
from segmentation.conditions import MEASURES
from segmentation.erased import Erased, save_nobody
from segmentation.holdings import Holdings
from segmentation.layout import USER_DTYPE
from segmentation.registry import Registry, save_registry
from segmentation.tables import SHARES
from tests.snapshots import STAGES, TIERS

PART = 1_000_000


@dataclass(frozen=True, eq=False)
class People:
    """Who is asked for: words and measures of everyone, who is in which circle, who has a tag."""

    users: pa.Table
    measures: dict[str, npt.NDArray[np.float64]]
    members: dict[str, npt.NDArray[np.int32]]
    tags: Holdings


def main() -> None:
    """Measure every engine and print a table."""
    given = arguments(users=10 * PART)
    people = plant(given.users, np.random.default_rng(0))
    with tempfile.TemporaryDirectory() as folder:
        index = opened(Path(folder), people)

        def count(text: str, _: str) -> int:
            return len(index.audience(text))

        figures = {"Coterie": measure(count), "its CPU": measure(count, clock=time.process_time)}
    tables = relations(people)
    for name in given.engines:
        with ENGINES[name](tables) as ask:
            figures[name] = measure(lambda _, sql, ask=ask: ask(sql))
    show(figures, given.users)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak of this process {peak:.1f} GiB")


def plant(users: int, random: np.random.Generator) -> People:
    """Draw the people as `crowd` does."""
    home = {facet: homes(users, count, random) for facet, count in CIRCLES.items()}
    named = {f"{facet}_circle": words(circle_ids(facet), at) for facet, at in home.items()}
    tier = random.choice(len(TIERS), users, p=TIER_SHARES)
    stage = random.integers(0, len(STAGES), users)
    return People(
        pa.table({"tier": words(TIERS, tier), "lifecycle_stage": words(STAGES, stage), **named}),
        {
            "share_propensity": np.median(random.beta(1, 6, (3, users)), axis=0),
            "social_currency": random.random(users),
            "influence": random.exponential(1.0, users),
            "value": random.lognormal(3, 1, users),
            "stickiness": random.random(users),
        },
        {name: who for facet in CIRCLES for name, who in members(facet, home[facet], random)},
        tags_of(users, random),
    )


def members(
    facet: str, home: npt.NDArray[np.int64], random: np.random.Generator
) -> list[tuple[str, npt.NDArray[np.int32]]]:
    """Everyone in their primary circle, a third of them in a second one."""
    first = np.flatnonzero(home >= 0)
    second = first[random.random(len(first)) < 1 / 3]
    who = np.concatenate([first, second]).astype(np.int32)
    circle = np.concatenate([home[first], (home[second] + 1) % CIRCLES[facet]])
    return [(name, who[circle == at]) for at, name in enumerate(circle_ids(facet))]


def tags_of(users: int, random: np.random.Generator) -> Holdings:
    """Who has which tag, drawn for a part of the people after another."""
    share = 1 / np.arange(1, TAGS + 1)
    pairs = []
    for first in range(0, users, PART):
        count = min(PART, users - first)
        drawn = random.choice(TAGS, count * TAGS_EACH, p=share / share.sum())
        person = np.repeat(np.arange(first, first + count), TAGS_EACH)
        pairs.append(np.unique(drawn.astype(np.int64) * users + person))
    tag, person = np.divmod(np.sort(np.concatenate(pairs)), users)
    ends = np.searchsorted(tag, np.arange(TAGS + 1))
    return Holdings([f"tag-{number:04}" for number in range(TAGS)], ends, person.astype(np.int32))


def opened(folder: Path, people: People) -> AudienceIndex:
    """Write what audiences are asked from, and open it; nobody is asked for by id."""
    users = len(people.users)
    records = np.lib.format.open_memmap(folder / "users.npy", "w+", USER_DTYPE, (users,))
    for name in MEASURES:
        values = people.measures[name]
        records[name] = to_parts(values) if name in SHARES else values
    records.flush()
    save_nobody(folder, users)
    save_registry(folder, [])
    write_audience_index(
        folder,
        users=people.users,
        members=people.members,
        measures=people.measures,
        tags=people.tags,
        refusals=Holdings.none(),
    )
    return AudienceIndex(folder, Registry.open(folder), tiers=TIERS, erased=Erased(folder))


def relations(people: People) -> dict[str, pa.Table]:
    """The same people as the tables a database would hold."""
    users, measures = people.users, people.measures
    person = pa.array(np.arange(len(users), dtype=np.int32))
    asked = {name: measures[name] for name in ("share_propensity", "influence", "value")}
    columns = {"person": person, "tier": users["tier"], "stage": users["lifecycle_stage"]}
    circle = np.repeat(np.arange(len(people.members)), [*map(len, people.members.values())])
    tag = np.repeat(np.arange(TAGS), np.diff(people.tags.ends))
    return {
        "users": pa.table(columns | asked | {"lifestyle_circle": users["lifestyle_circle"]}),
        "members": pa.table(
            {
                "person": np.concatenate([*people.members.values()]),
                "circle_id": words([*people.members], circle),
            }
        ),
        "tags": pa.table({"person": people.tags.rows, "tag": words(people.tags.words, tag)}),
    }


if __name__ == "__main__":
    main()
