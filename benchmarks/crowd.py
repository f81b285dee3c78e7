"""A snapshot of a million people in a minute: planted by columns, for benchmarks of the read side.

People fall into 60 interest circles of uneven size, a third of them into a second one, and into 8
lifestyle circles; each has a tier, a stage, five measures and about eight of 2,000 tags.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from segmentation.holdings import Holdings
from segmentation.manifest import Facts
from segmentation.snapshot import write_snapshot
from segmentation.tables import SCHEMAS, TIME, SnapshotTables, empty
from tests.snapshots import AS_OF, POLICY, RUN_ID, STAGES, TIERS, flywheel, plant_models

CIRCLES = {"interest": 60, "lifestyle": 8}
TAGS = 2_000
TAGS_EACH = 8
TIER_SHARES = (0.6, 0.25, 0.12, 0.03)
LONE = 0.2
"""Share of people in no circle of a facet."""


def build(folder: Path, users: int, *, seed: int = 0) -> None:
    """Write the snapshot."""
    tables = crowd(users, seed=seed)
    folder.mkdir(parents=True)
    plant_models(folder / "models", tables.tags, users)
    facts = Facts(run_id=RUN_ID, created=AS_OF, as_of=AS_OF, min_audience=50)
    write_snapshot(folder, tables, facts=facts)


def crowd(users: int, *, seed: int = 0) -> SnapshotTables:
    """The tables of the snapshot."""
    random = np.random.default_rng(seed)
    ids = pa.array([f"user-{number:08}" for number in range(users)])
    home = {facet: homes(users, count, random) for facet, count in CIRCLES.items()}
    tier = random.choice(len(TIERS), users, p=TIER_SHARES)
    stage = random.integers(0, len(STAGES), users)
    low, middle, high = np.sort(random.beta(1, 6, (3, users)), axis=0)
    since = pa.array(np.full(users, AS_OF.replace(tzinfo=None), "datetime64[us]"), TIME)
    named = {
        "tier": words(TIERS, tier),
        "stage": words(STAGES, stage),
        **{facet: words(circle_ids(facet), places) for facet, places in home.items()},
    }
    columns: dict[str, Any] = {
        "user_id": ids,
        "share_propensity": middle,
        "share_low": low,
        "share_high": high,
        "social_currency": random.random(users),
        "influence": random.exponential(1.0, users),
        "tier": named["tier"],
        "tier_since": since,
        "lifecycle_stage": named["stage"],
        "value": random.lognormal(3, 1, users),
        "stickiness": random.random(users),
    }
    for facet in CIRCLES:
        columns[f"{facet}_circle"] = named[facet]
        columns[f"{facet}_reason"] = words(("far",), np.where(home[facet] < 0, 0, -1))
    members = pa.concat_tables(members_of(facet, ids, home[facet], random) for facet in CIRCLES)
    tiers = {"user_id": ids, "tier": named["tier"], "score": random.random(users),
             "reason_codes": pa.array([[]] * users, pa.list_(pa.string())), "since": since,
             "review_after": pa.nulls(users, TIME)}  # fmt: skip
    stages = {"user_id": ids, "stage": named["stage"],
              "previous_stage": pa.nulls(users, pa.string()), "since": since}  # fmt: skip
    return SnapshotTables(
        members=members,
        users=pa.table(columns, schema=SCHEMAS["users"]),
        circles=circles_of(members, users),
        lineage=empty("lineage"),
        tiers=pa.table(tiers, schema=SCHEMAS["tiers"]),
        tier_changes=empty("tier-changes"),
        quarantine=empty("quarantine"),
        lifecycle=pa.table(stages, schema=SCHEMAS["lifecycle"]),
        flywheel=flywheel([]),
        policy=POLICY,
        report={"basis": "planted", "findings": [], "people": users},
        tags=tags_of(users, random),
    )


def circle_ids(facet: str) -> list[str]:
    """The ids of a facet's circles."""
    return [f"{facet}-{number + 1}" for number in range(CIRCLES[facet])]


def homes(users: int, count: int, random: np.random.Generator) -> np.ndarray:
    """The primary circle of everyone, -1 for none."""
    share = 1 / np.arange(1, count + 1) ** 0.5
    places = random.choice(count, users, p=share / share.sum())
    return np.where(random.random(users) < LONE, -1, places)


def members_of(
    facet: str, ids: pa.Array, home: np.ndarray, random: np.random.Generator
) -> pa.Table:
    """Everyone's primary circle, and a second one for a third of them."""
    first = np.flatnonzero(home >= 0)
    second = first[random.random(len(first)) < 1 / 3]
    people = np.concatenate([first, second])
    other = (home[second] + 1) % CIRCLES[facet]
    columns = {
        "user_id": ids.take(pa.array(people)),
        "facet": pa.repeat(pa.scalar(facet), len(people)),
        "circle_id": words(circle_ids(facet), np.concatenate([home[first], other])),
        "strength": np.repeat([0.5, 0.25], [len(first), len(second)]),
        "rank": np.repeat([1, 2], [len(first), len(second)]).astype(np.int32),
    }
    return pa.table(columns, schema=SCHEMAS["members"])


def circles_of(members: pa.Table, users: int) -> pa.Table:
    """A row for each circle."""
    counted = {
        row["values"]: row["counts"] for row in members["circle_id"].value_counts().to_pylist()
    }
    rows = [
        {"circle_id": circle_id, "facet": facet, "name": circle_id.capitalize(),
         "parent_id": None, "size": counted.get(circle_id, 0),
         "share_of_users": counted.get(circle_id, 0) / users, "stability": None,
         "stability_low": None, "stability_high": None, "share_propensity": 0.1,
         "top_tags": [], "status": "stable", "first_run": RUN_ID}
        for facet in CIRCLES
        for circle_id in circle_ids(facet)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=SCHEMAS["circles"])


def tags_of(users: int, random: np.random.Generator) -> Holdings:
    """Who has which tag: few tags are common, most are rare."""
    share = 1 / np.arange(1, TAGS + 1)
    drawn = random.choice(TAGS, users * TAGS_EACH, p=share / share.sum())
    people = np.repeat(np.arange(users), TAGS_EACH)
    pairs = np.unique(drawn.astype(np.int64) * users + people)
    tag, person = np.divmod(pairs, users)
    ends = np.searchsorted(tag, np.arange(TAGS + 1))
    return Holdings([f"tag-{number:04}" for number in range(TAGS)], ends, person)


def words(vocabulary: tuple[str, ...] | list[str], places: np.ndarray) -> pa.Array:
    """Words by their places, null below 0."""
    known = pa.array(list(vocabulary), pa.string())
    return known.take(pa.array(places, mask=places < 0))
