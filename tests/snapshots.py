"""A small but complete snapshot with planted circles, for tests of whatever reads one."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa

from models.lifecycle import STATES, Moment, transitions
from models.profiles import TagProfiles
from models.resonance import Resonance, expit, gaps
from segmentation.arrays import save_arrays
from segmentation.course import Windows
from segmentation.holdings import Holdings
from segmentation.index import Snapshot
from segmentation.invitations import Invitations
from segmentation.lifecycle import Lifecycle
from segmentation.loop import Grouping, flywheel_report
from segmentation.manifest import Facts, iso, write_json
from segmentation.placing import READING, People
from segmentation.resonance import FILE, FOLDER, GAPS
from segmentation.snapshot import write_snapshot
from segmentation.tables import SCHEMAS, SnapshotTables
from segmentation.trend import trend_point
from tests.sharemodels import plant_scores

RUN_ID = "20261101T020000Z-0a1b2c3d"
AS_OF = datetime(2026, 11, 1, 2, tzinfo=UTC)
INTEREST = ("yoga", "running", "cooking", "gaming", "gardening", "travel", "cars", "books")
LIFESTYLE = ("night owls", "early birds", "commuters", "weekenders")
STAGES = ("engage", "acquire", "nurture", "retain", "advocate")
TIERS = ("member", "silver", "gold", "platinum")
REASONS = ("far", "ambiguous", "too_few_tags")
TAGS = (*INTEREST, "luxury", 'a "quoted" * tag', "奢侈品", "hour:weekday-evening",
        "label:household=mom", "label:household=single", "label:city=first=tier")  # fmt: skip
PARENT, CHILDREN = 90, (2, 3)
PURPOSES = ("ads", "email", "*")

POLICY = {
    "version": "policy-1",
    "tiers": [
        {
            "name": tier,
            "enter": 0.25 * place,
            "stay": 0.25 * place - 0.05 * (place > 0),
            "benefits": [
                {"name": f"{tier} voucher", "kind": "material", "unit_cost": 1.5 * place},
                {"name": f"{tier} salon", "kind": "spiritual", "unit_cost": 0.25 * place},
            ],
        }
        for place, tier in enumerate(TIERS)
    ],
}


def build_snapshot(
    folder: Path,
    *,
    users: int = 500,
    seed: int = 0,
    run_id: str = RUN_ID,
    previous: str | None = None,
    by_hand: Mapping[str, str] | None = None,
) -> Snapshot:
    """Write a valid snapshot of `users` people into `folder` and open it.

    `by_hand` names the tiers the run took over from what was set by hand.
    """
    folder.mkdir(parents=True, exist_ok=True)
    facts = Facts(
        run_id=run_id,
        created=AS_OF + timedelta(minutes=5),
        as_of=AS_OF,
        previous=previous,
        config_hash="c0ffee",
        policy_version="policy-1",
        min_audience=50,
        inputs={"events": "f00d"},
        next_circle_numbers={"interest": PARENT + 1, "lifestyle": len(LIFESTYLE) + 1},
    )
    tables = build_tables(
        users=users, seed=seed, run_id=run_id, by_hand=by_hand or {}, previous=previous
    )
    plant_models(folder / "models", tables.tags, users)
    plant_resonance(folder / FOLDER, tables.tags.words)
    plant_scores(folder / FOLDER, tables.users["user_id"].to_pylist(), tables.tags.words)
    write_snapshot(folder, tables, facts=facts)
    return Snapshot.open(folder)


def plant_models(folder: Path, tags: Holdings, users: int) -> None:
    """Write models by hand: circle number n is marked by tag n and the one after it."""
    folder.mkdir()
    columns = np.repeat(np.arange(len(tags.words)), np.diff(tags.ends))
    order = np.lexsort((columns, tags.rows))
    starts = np.searchsorted(tags.rows[order], np.arange(users + 1))
    people = People(starts, columns[order].astype(np.int32), np.ones(len(order)))
    for facet, names in (("interest", INTEREST), ("lifestyle", LIFESTYLE)):
        count = len(names)
        profiles = TagProfiles(
            starts=np.arange(count + 1) * 2,
            tags=np.repeat(np.arange(count), 2) + np.tile([0, 1], count),
            shares=np.full(2 * count, 0.5),
            background=np.full(len(tags.words), 1 / len(tags.words)),
            sizes=np.full(count, 1 / count),
            noise=0.3,
            grid=np.array([0.3, 0.6, 0.9]),
            grid_weights=np.full(3, 1 / 3),
        )
        words = {
            "tag_names": np.array(tags.words),
            "circle_ids": np.array([f"{facet}-{number + 1}" for number in range(count)]),
        }
        save_arrays(folder / f"{facet}.npz", profiles.to_arrays() | words)
        people.save(folder, facet)
    tastes = {"channels": ["share"], "are_left_out": True, "typical": {"browse": 1.0},
              "half_life_days": 30.0, "clip": 10.0}  # fmt: skip
    reading = {"max_circles": 3, "tastes": {"interest": tastes, "lifestyle": None}, "ties": {}}
    write_json(folder / READING, reading)


def plant_resonance(folder: Path, tags: Sequence[str]) -> None:
    """Write by hand what resonates: circle number n shares tag n gladly and the next one not."""
    folder.mkdir()
    count = len(INTEREST) + 1
    circle = np.minimum(np.arange(len(tags)), count - 1)
    found = Resonance(
        base=np.linspace(-4, -3, count),
        base_variance=np.full(count, 0.01),
        usual=expit(np.linspace(-4, -3, count)),
        effect=np.linspace(0.2, -0.2, len(tags)),
        effect_variance=np.full(len(tags), 0.01),
        pair_starts=np.arange(len(tags) + 1),
        pair_circle=circle,
        own=np.where(np.arange(len(tags)) % 2, -2.0, 2.0),
        own_variance=np.full(len(tags), 0.02),
        pair_exposures=np.full(len(tags), 100.0),
        pair_shares=np.full(len(tags), 5.0),
        unknown=np.array([0.3, 0.1, 0.0]),
        power=np.array([1.0]),
        base_draws=np.zeros((count, 2), np.float32),
        effect_draws=np.zeros((len(tags), 2), np.float32),
    )
    words = {
        "tag_names": np.array(tags),
        "circle_ids": np.array([f"interest-{number + 1}" for number in range(count)]),
    }
    missed = {f"{GAPS}{name}": values for name, values in vars(gaps(found)).items()}
    save_arrays(folder / FILE, found.to_arrays() | words | missed)


def build_tables(
    *,
    users: int = 500,
    seed: int = 0,
    run_id: str = RUN_ID,
    by_hand: Mapping[str, str] = MappingProxyType({}),
    previous: str | None = None,
) -> SnapshotTables:
    """What a run over `users` people might have found."""
    random = np.random.default_rng(seed)
    people = [user_id(number) for number in range(users)]
    members = [
        *memberships(people, "interest", len(INTEREST), random),
        *memberships(people, "lifestyle", len(LIFESTYLE), random),
    ]
    tiers = [tier(person, random) for person in people]
    for row in tiers:
        if (given := by_hand.get(row["user_id"])) is not None:
            row |= {"tier": given, "reason_codes": ["by_hand"]}
    changes = [change(row, random) for row in tiers if random.random() < 0.2]
    stages = [stage(person, random) for person in people]
    return SnapshotTables(
        members=table("members", members),
        users=table("users", describe(people, members, tiers, stages, random)),
        circles=table("circles", circles(members, users, run_id)),
        lineage=table(
            "lineage", [row for run in (previous, run_id) if run for row in lineage(run)]
        ),
        tiers=table("tiers", tiers),
        tier_changes=table("tier-changes", changes),
        quarantine=table("quarantine", quarantine()),
        lifecycle=table("lifecycle", stages),
        flywheel=flywheel(stages, members),
        policy=POLICY,
        report={"basis": "planted", "findings": [], "people": users, "carrying": carrying(members)},
        ambassadors=table("ambassadors", ambassadors(members)),
        creators=table("creators", creators(members)),
        referrals=table("referrals", referrals(people)),
        tags=holdings(TAGS, users, 0.3, seed),
        refusals=holdings(PURPOSES, users, 0.05, seed + 1),
    )


def holdings(words: tuple[str, ...], users: int, share: float, seed: int) -> Holdings:
    """Words that people hold at random, each by another share of them."""
    random = np.random.default_rng(seed)
    return Holdings.of_sets(
        {word: np.flatnonzero(random.random(users) < random.random() * 2 * share) for word in words}
    )


def table(what: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Rows as a table with the exact columns of its kind."""
    return pa.Table.from_pylist(rows, schema=SCHEMAS[what])


def user_id(number: int) -> str:
    """Ids of several scripts and lengths, as real ones are."""
    form = ("user-{:05d}", "用户{}", "Ünïcode {}", "{}@example.org", "😀{}")[number % 5]
    return form.format(number)


def memberships(
    people: list[str], facet: str, count: int, random: np.random.Generator
) -> list[dict[str, Any]]:
    """Up to three circles for most people, the strongest first; some are in none."""
    rows = []
    for person in people:
        places = random.choice(count, size=random.choice([0, 1, 1, 2, 3]), replace=False)
        shares = np.sort(random.dirichlet(np.ones(len(places) + 1))[: len(places)])[::-1]
        rows += [
            {
                "user_id": person,
                "facet": facet,
                "circle_id": f"{facet}-{place + 1}",
                "strength": float(np.round(share, 6)),
                "rank": rank,
            }
            for rank, (place, share) in enumerate(zip(places, shares, strict=True), start=1)
        ]
    return rows


def circles(members: list[dict[str, Any]], users: int, run_id: str) -> list[dict[str, Any]]:
    """A row for every circle, one for a circle that nobody is in, and one for a parent of two."""
    names = [("interest", *pair) for pair in enumerate((*INTEREST, "nobody's"), start=1)]
    names += [("lifestyle", *pair) for pair in enumerate(LIFESTYLE, start=1)]
    rows = [circle(facet, number, name, members, users, run_id) for facet, number, name in names]
    return [*rows, circle("interest", PARENT, "both of them", members, users, run_id)]


def circle(
    facet: str, number: int, name: str, members: list[dict[str, Any]], users: int, run_id: str
) -> dict[str, Any]:
    """One circle's row, its size counted."""
    circle_id = f"{facet}-{number}"
    inside = {f"interest-{child}" for child in CHILDREN} if number == PARENT else {circle_id}
    size = len({row["user_id"] for row in members if row["circle_id"] in inside})
    return {
        "circle_id": circle_id,
        "facet": facet,
        "name": name.capitalize(),
        "parent_id": f"interest-{PARENT}" if facet == "interest" and number in CHILDREN else None,
        "size": size,
        "share_of_users": size / users if users else 0.0,
        "stability": 0.9 if size else None,
        "stability_low": 0.8 if size else None,
        "stability_high": 0.95 if size else None,
        "share_propensity": 0.01 * number,
        "top_tags": [top_tag(name, 8.0), top_tag(f"{name} & more", 3.5)],
        "status": "stable",
        "first_run": run_id,
    }


def top_tag(tag: str, lift: float) -> dict[str, Any]:
    """A distinctive tag, half of the members having it."""
    return {"tag": tag, "lift": lift, "share": 0.5, "q_value": 0.001}


def lineage(run_id: str) -> list[dict[str, Any]]:
    """Circles went on, one was split off, and one is no more; a table has earlier runs' first."""
    facts = [
        ("interest", "interest-1", "continued", ["interest-1"], 0.93),
        ("interest", "interest-2", "split", ["interest-1"], 0.41),
        ("interest", "interest-99", "retired", ["interest-99"], 0.0),
        ("lifestyle", "lifestyle-1", "born", [], None),
    ]
    names = ("facet", "circle_id", "event", "from_ids", "overlap")
    return [{"run_id": run_id, **dict(zip(names, fact, strict=True))} for fact in facts]


def tier(person: str, random: np.random.Generator) -> dict[str, Any]:
    """A tier that fits the score, with what speaks for it."""
    score = float(np.round(random.random(), 6))
    since = AS_OF - timedelta(days=int(random.integers(1, 400)))
    return {
        "user_id": person,
        "tier": TIERS[int(score * len(TIERS))],
        "score": score,
        "reason_codes": [["value_high"], ["value_high", "share_high"], []][random.integers(3)],
        "since": since,
        "review_after": since + timedelta(days=90) if random.random() < 0.7 else None,
    }


def change(row: dict[str, Any], random: np.random.Generator) -> dict[str, Any]:
    """A person who came into their tier in this run."""
    place = TIERS.index(row["tier"])
    return {
        "user_id": row["user_id"],
        "before": TIERS[place - 1] if place else None,
        "after": row["tier"],
        "reason_codes": row["reason_codes"],
        "policy_version": "policy-1",
        "at": AS_OF - timedelta(seconds=int(random.integers(0, 3))),
    }


def stage(person: str, random: np.random.Generator) -> dict[str, Any]:
    """A stage, the one before it, and since when."""
    before = random.integers(len(STAGES) + 1)
    return {
        "user_id": person,
        "stage": STAGES[random.integers(len(STAGES))],
        "previous_stage": STAGES[before] if before < len(STAGES) else None,
        "since": AS_OF - timedelta(days=int(random.integers(0, 60))),
    }


def describe(
    people: list[str],
    members: list[dict[str, Any]],
    tiers: list[dict[str, Any]],
    stages: list[dict[str, Any]],
    random: np.random.Generator,
) -> list[dict[str, Any]]:
    """A row for every person that agrees with the other tables."""
    primary = {
        (row["user_id"], row["facet"]): row["circle_id"] for row in members if row["rank"] == 1
    }
    rows = []
    for person, held, at in zip(people, tiers, stages, strict=True):
        low, estimate, high = (float(number) for number in np.sort(random.random(3)).round(6))
        row = {
            "user_id": person,
            "share_propensity": estimate,
            "share_low": low,
            "share_high": high,
            "social_currency": float(random.random()),
            "influence": float(random.random()),
            "tier": held["tier"],
            "tier_since": held["since"],
            "lifecycle_stage": at["stage"],
            "value": float(random.normal(50, 20)),
            "stickiness": float(random.random()) if random.random() < 0.9 else None,
        }
        for facet in ("interest", "lifestyle"):
            home = primary.get((person, facet))
            row[f"{facet}_circle"] = home
            row[f"{facet}_reason"] = None if home else str(random.choice(REASONS))
        rows.append(row)
    return rows


def ambassadors(members: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The surest members of each circle, each adding less than the one before."""
    return [
        {"circle_id": circle_id, "rank": rank, "user_id": person,
         "reach": sum(8.0 / place for place in range(1, rank + 1))}
        for circle_id, people in surest(members).items()
        for rank, person in enumerate(people, start=1)
    ]  # fmt: skip


def creators(members: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same people, each having made less than the one before."""
    return [
        {"circle_id": circle_id, "rank": rank, "user_id": person, "works": 20 - rank,
         "comments": rank % 3, "echoes": 5 * rank}
        for circle_id, people in surest(members).items()
        for rank, person in enumerate(people, start=1)
    ]  # fmt: skip


def surest(members: list[dict[str, Any]], most: int = 12) -> dict[str, list[str]]:
    """The strongest members of each circle."""
    ordered = sorted(members, key=lambda row: (-row["strength"], row["user_id"]))
    circles = sorted({row["circle_id"] for row in members})
    return {
        circle: [row["user_id"] for row in ordered if row["circle_id"] == circle][:most]
        for circle in circles
    }


def referrals(people: list[str]) -> list[dict[str, Any]]:
    """Everyone of the second half was brought by somebody of the first."""
    half = len(people) // 2
    return [
        {"user_id": person, "referred_by": people[place], "at": AS_OF, "generation": 1}
        for place, person in enumerate(people[half:][:half])
    ]


def carrying(members: list[dict[str, Any]]) -> dict[str, Any]:
    """What a run says of who carries its circles."""
    facts = {"people": 400, "referrals": 120, "k": 0.4, "k_low": 0.32, "k_high": 0.48,
             "plain": 0.3, "cycle_days": 11.5}  # fmt: skip
    few = facts | {"people": 12, "referrals": 3}
    return {
        "ties": {"basis": "weighted_cascade", "count": 900},
        "guarantee": dict.fromkeys(surest(members), 0.58),
        "voices": {
            circle: {"creators": 20, "share_of_members": 0.25, "works": 90, "comments": 30}
            for circle in surest(members)
        },
        "referrals": {
            "horizon_days": 30.0,
            "overall": facts,
            "circles": {"interest-1": facts, "interest-2": few},
            "tiers": {"gold": facts},
            "tree": {"roots": 40, "referred": 120, "generations": [40, 90, 30], "largest": 9},
        },
    }


def quarantine() -> list[dict[str, Any]]:
    """Two rows that were refused."""
    return [
        {"source": "events.csv", "row": 17, "reason": "no_user", "raw": ",2026-10-01,browse,yoga"},
        {
            "source": "events.csv",
            "row": 4,
            "reason": "nan_value",
            "raw": 'u,2026-10-01,"a","b",nan',
        },
    ]


def flywheel(
    stages: list[dict[str, Any]], members: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """The report of the stages of the lifecycle table, and of windows before them at random."""
    random = np.random.default_rng(len(stages))
    now = np.array([STATES.index(row["stage"]) for row in stages], dtype=np.int64)
    states = [now, *(random.permutation(now) for _ in range(6))]
    moments = tuple(Moment(state, random.random(len(now)) < 0.7) for state in states)
    nobody, never = np.zeros(0, dtype=np.int64), np.zeros(0)
    report = flywheel_report(
        Lifecycle(
            moments=moments,
            transitions=transitions(moments[1].stage, moments[0].stage),
            against="one window earlier",
            windows=Windows(30, len(moments), AS_OF),
            table=pa.table({}),
            acts="purchase",
        ),
        value=random.gamma(2.0, 50.0, len(now)),
        invitations=Invitations(nobody, never, nobody, nobody, never),
        circles=[grouping(facet, stages, members) for facet in ("interest", "lifestyle")],
    )
    return report | {"trend": [trend_point(report, run_id=RUN_ID, as_of=iso(AS_OF))]}


def grouping(
    facet: str, stages: list[dict[str, Any]], members: Sequence[dict[str, Any]]
) -> Grouping:
    """Everyone by their primary circle in a facet."""
    primary = {
        row["user_id"]: row["circle_id"]
        for row in members
        if row["facet"] == facet and row["rank"] == 1
    }
    ids = sorted(set(primary.values()))
    places = [ids.index(primary[user]) if (user := row["user_id"]) in primary else -1
              for row in stages]  # fmt: skip
    return Grouping(facet, np.array(places, dtype=np.int64), ids)
