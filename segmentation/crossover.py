"""Crossover: which circles go together, what each offers the other, and who bridges them.

A partner may be another circle, or people from outside: a list of ids, a filter, or weighed tags.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from models.crossover import Side
from models.profiles import TagProfiles, assign
from models.rows import IntArray
from segmentation.bitmaps import array_of
from segmentation.conditions import union
from segmentation.config import FACETS
from segmentation.errors import UsageError
from segmentation.index import Snapshot
from segmentation.lookalikes import Expansion
from segmentation.placing import FacetPlacer
from segmentation.seeds import FEWEST, PURPOSE, Seeds, of_circle

Row = dict[str, Any]

EVEN = 0.5
"""How likely somebody is one of a partner known by tags alone, before any tag is seen."""
BOTH_WAYS = 5
"""Circles of which it is also told what a partner offers them."""


def partners_of(
    snapshot: Snapshot, circle_id: str, *, purpose: str | None = PURPOSE, bridges: int = 0
) -> list[Row]:
    """What every other circle offers the people of one, best first.

    Circles above and below it hold the same people and are left out.
    """
    own = Expansion.of(snapshot, of_circle(snapshot, circle_id), purpose=purpose)
    related = kin(snapshot, circle_id)
    others = [each for each in snapshot.circles() if each["circle_id"] not in related]
    return offers(own, others, bridges=bridges)


def circles_for(
    snapshot: Snapshot, partner: Seeds, *, purpose: str | None = PURPOSE, bridges: int = 0
) -> list[Row]:
    """What every circle offers a partner's people, best first, and the best are offered in turn.

    `score` is what the circle offers the partner; `offered` what the partner offers the circle.
    """
    own = Expansion.of(snapshot, partner, purpose=purpose)
    rows = offers(own, snapshot.circles(), bridges=bridges)
    for at, row in enumerate(rows):
        row["offered"] = offered(own, row["circle_id"]) if at < BOTH_WAYS else None
    return rows


def offers(own: Expansion, circles: list[Row], *, bridges: int) -> list[Row]:
    """What circles offer the seeds of an expansion, best first."""
    side, rows = side_of(own), []
    for circle in circles:
        people = of_circle(own.snapshot, circle["circle_id"]).rows
        named = {name: circle[name] for name in ("circle_id", "facet", "name")}
        found = asdict(side.match(people))
        both = people[side.own[people]]
        between = list(bridging(own.snapshot, circle["circle_id"], both, bridges))
        rows.append(named | found | {"bridges": between})
    return sorted(rows, key=lambda row: (-row["score"], row["circle_id"]))


def offered(partner: Expansion, circle_id: str) -> Row | None:
    """What a partner's people offer a circle; None when it is too small to tell."""
    seeds = of_circle(partner.snapshot, circle_id)
    try:
        own = Expansion.of(partner.snapshot, seeds, purpose=partner.purpose)
    except UsageError:
        return None
    return asdict(side_of(own).match(partner.seeds.rows))


def side_of(own: Expansion) -> Side:
    """The seeds of an expansion as one side of a crossover."""
    inside = np.zeros(own.snapshot.n_users, dtype=bool)
    inside[own.seeds.rows] = True
    return Side.of(inside, closeness=own.closeness, everyone=own.crowd)


def bridging(snapshot: Snapshot, circle_id: str, both: IntArray, most: int) -> Iterator[Row]:
    """People of both sides, those the circle holds most strongly first."""
    strengths = snapshot.strengths(circle_id, both)
    index = snapshot.audiences
    for at in np.argsort(-strengths, kind="stable")[:most]:
        row = int(both[at])
        reach = float(index.measures["influence"].at(index.places[[row]])[0])
        yield {
            "user_id": index.registry.ids[row],
            "strength": float(strengths[at]),
            "influence": None if np.isnan(reach) else reach,
        }


def kin(snapshot: Snapshot, circle_id: str) -> set[str]:
    """A circle, its parent and its children."""
    circle = snapshot.circle(circle_id)
    return {circle_id, circle["parent_id"], *circle["children"]}


def people_with_tags(snapshot: Snapshot, tags: Mapping[str, float]) -> Seeds:
    """The people whose tags a partner's tags explain better than the crowd does.

    They are placed by the function that places everyone in circles, with the partner's tags as
    the only circle; both facets are asked.
    """
    found = [takers(snapshot, snapshot.placer.facet(name), tags) for name in FACETS]
    rows = np.unique(np.concatenate(found))
    if len(rows) < FEWEST:
        raise UsageError(
            f"These tags point to {len(rows)} people, at least {FEWEST} are needed. "
            "Give more tags, as they are written in the run."
        )
    return Seeds(rows, FACETS)


def takers(snapshot: Snapshot, placer: FacetPlacer, tags: Mapping[str, float]) -> IntArray:
    """The rows a facet's tags speak for."""
    known = sorted((placer.tags.index(tag), weight) for tag, weight in tags.items()
                   if tag in placer.known_tags and weight > 0)  # fmt: skip
    index = snapshot.audiences
    holders = union([index.bitmaps.get("tag", placer.tags[column]) for column, _ in known])
    rows = np.sort(index.rows[array_of(holders - index.erased())]).astype(np.int64)
    if not len(rows):
        return rows
    placed = assign(one_circle(placer.profiles, dict(known)), placer.everyone.rows.take(rows))
    return rows[placed.labels >= 0]


def one_circle(profiles: TagProfiles, tags: Mapping[int, float]) -> TagProfiles:
    """A profile whose only circle has these tags."""
    weights = np.array(list(tags.values()))
    return replace(
        profiles,
        starts=np.array([0, len(tags)]),
        tags=np.array(list(tags), dtype=np.int64),
        shares=weights / weights.sum(),
        sizes=np.ones(1),
        noise=1.0 - EVEN,
        offset=0.0,
        crowd_prior=0.0,
    )
