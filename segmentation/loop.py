"""The loop: how people move through the stages, in which circles, and where that leads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.flows import LEVELS, Flows, flows_of, levels
from models.flywheel import Motion, Rates, motion, weight_of
from models.hindsight import Misses, back_test, learned_wheel, misses_of
from models.lifecycle import FLYWHEEL, LADDERS, MAPPINGS, STATES, Ladder, rung_counts, transitions
from models.rotation import project_wheel
from models.virality import Virality
from segmentation.invitations import Invitations
from segmentation.lifecycle import Lifecycle
from segmentation.manifest import iso

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Row = dict[str, Any]
ROTATIONS = 12
ADVOCATE = len(FLYWHEEL.rungs) - 1


@dataclass(frozen=True)
class Grouping:
    """A way to divide people: everyone's group by number (-1: in none), and the groups' ids."""

    facet: str
    group: IntArray
    ids: Sequence[str]


def flywheel_report(
    lifecycle: Lifecycle,
    *,
    value: FloatArray,
    invitations: Invitations,
    circles: Sequence[Grouping] = (),
    seed: int = 0,
) -> Row:
    """Measure the loop, over all and by circle; None stands for what could not be measured."""
    everyone = Grouping("", np.zeros(len(value), dtype=np.int64), [""])
    (overall,) = group_rows(lifecycle, everyone, value=value, invitations=invitations)
    flows = measured_flows(lifecycle, invitations)
    misses = None if flows is None else misses_of(flows, seed=seed)
    return {
        **{key: value for key, value in overall.items() if key not in ("circle_id", "facet")},
        "rates": measured_rates(lifecycle, flows, invites=len(invitations.inviter) > 0),
        "projection": measured_projection(lifecycle, flows, misses, seed=seed),
        "transitions": moves_of(lifecycle),
        "ladders": {name: ladder_facts(lifecycle, LADDERS[name]) for name in LADDERS},
        "mappings": {name: dict(zip(STATES, MAPPINGS[name], strict=True)) for name in MAPPINGS},
        "circles": [
            row
            for grouping in circles
            for row in group_rows(lifecycle, grouping, value=value, invitations=invitations)
        ],
        "windows": window_rows(lifecycle),
        "wheel": wheel_facts(lifecycle, flows, misses, value=value),
        "basis": {
            "window_days": lifecycle.windows.days if lifecycle.earlier else None,
            "windows": "rolling" if lifecycle.earlier else "one: no times in the source",
            "acts": lifecycle.acts,
        },
    }


def group_rows(
    lifecycle: Lifecycle, grouping: Grouping, *, value: FloatArray, invitations: Invitations
) -> list[Row]:
    """Measure the loop in each group."""
    groups = len(grouping.ids)
    stages = stage_rows(lifecycle, FLYWHEEL, grouping)
    moved = motion_of(lifecycle, FLYWHEEL, grouping)
    weight = weight_of(lifecycle.now.stage, value=value, group=grouping.group, groups=groups)
    viral = invitations.measured(grouping.group, groups=groups)
    return [
        {
            "circle_id": grouping.ids[at],
            "facet": grouping.facet,
            "people": sum(row["people"] for row in stages[at]),
            "stages": stages[at],
            "speed": known(moved.speed[at]) if moved else None,
            "friction": known(moved.friction[at]) if moved else None,
            "weight": float(weight[at]),
            "momentum": known(moved.speed[at] * weight[at]) if moved else None,
            **viral_facts(viral, at),
        }
        for at in range(groups)
    ]


def motion_of(lifecycle: Lifecycle, ladder: Ladder, grouping: Grouping) -> Motion | None:
    """How each group moved in the last window; None without time."""
    if lifecycle.earlier is None:
        return None
    return motion(
        lifecycle.earlier,
        lifecycle.now,
        days=lifecycle.windows.days,
        ladder=ladder,
        group=grouping.group,
        groups=len(grouping.ids),
    )


def stage_rows(lifecycle: Lifecycle, ladder: Ladder, grouping: Grouping) -> list[list[Row]]:
    """The people of each group by rung, and how those who were there moved."""
    moved = motion_of(lifecycle, ladder, grouping)
    rung = ladder.climb(lifecycle.now.state)
    size = len(ladder.rungs)
    inside = (grouping.group >= 0) & (rung >= 0)
    cells = np.bincount(grouping.group[inside] * size + rung[inside],
                        minlength=len(grouping.ids) * size)  # fmt: skip
    rows = []
    for at, people in enumerate(cells.reshape(-1, size)):
        total = max(int(people.sum()), 1)
        rows.append(
            [
                {
                    "stage": ladder.rungs[rung],
                    "people": int(count),
                    "share": float(count / total),
                    **rung_motion(moved, at, rung),
                }
                for rung, count in enumerate(people)
            ]
        )
    return rows


def rung_motion(moved: Motion | None, at: int, rung: int) -> Row:
    """How many were on a rung one window earlier, and what share moved on or was lost."""
    if moved is None:
        return dict.fromkeys(("before", "active_before", "speed", "friction"))
    return {
        "before": int(moved.before[at, rung]),
        "active_before": int(moved.active[at, rung]),
        "speed": known(moved.speed_by_rung[at, rung]),
        "friction": known(moved.friction_by_rung[at, rung]),
    }


def viral_facts(viral: Virality, at: int) -> Row:
    """What the invitations of a group bring."""
    return {
        "k_factor": known(viral.k[at]),
        "cycle_days": known(viral.cycle_days[at]),
        "invitations": {
            "sent": int(viral.sent[at]),
            "accepted": int(viral.accepted[at]),
            "answered": known(viral.answered[at]),
        },
    }


def moves_of(lifecycle: Lifecycle) -> Row:
    """Moves between stages, from the run before or from one window earlier."""
    moves = lifecycle.transitions
    return {
        "against": lifecycle.against,
        "before": [*FLYWHEEL.rungs, "newcomer"],
        "after": [*FLYWHEEL.rungs, "gone"],
        "counts": moves.counts.tolist(),
        "shares": moves.shares.tolist(),
    }


def ladder_facts(lifecycle: Lifecycle, ladder: Ladder) -> Row:
    """People by rung of another model, and their moves since one window earlier."""
    everyone = Grouping("", np.zeros(len(lifecycle.now.state), dtype=np.int64), [""])
    (rows,) = stage_rows(lifecycle, ladder, everyone)
    now = ladder.climb(lifecycle.now.state)
    earlier = lifecycle.earlier
    before = np.full_like(now, -1) if earlier is None else ladder.climb(earlier.state)
    moves = transitions(before, now, rungs=len(ladder.rungs))
    moved = motion_of(lifecycle, ladder, everyone)
    return {
        "stages": rows,
        "speed": known(moved.speed[0]) if moved else None,
        "friction": known(moved.friction[0]) if moved else None,
        "transitions": {
            "against": "one window earlier",
            "before": [*ladder.rungs, "newcomer"],
            "after": [*ladder.rungs, "gone"],
            "counts": moves.counts.tolist(),
            "shares": moves.shares.tolist(),
        },
    }


def window_rows(lifecycle: Lifecycle) -> list[Row]:
    """The windows followed, the oldest first: who was about, who was new, and how it turned."""
    as_of, days = lifecycle.windows.as_of, lifecycle.windows.days
    if as_of is None:
        return []
    rows = []
    for back, now in reversed(list(enumerate(lifecycle.moments[:-1]))):
        before = lifecycle.moments[back + 1]
        moved = motion(before, now, days=days)
        rows.append(
            {
                "ends": iso(as_of - timedelta(days=back * days)),
                "people": int((now.state >= 0).sum()),
                "active": int(now.active.sum()),
                "newcomers": int(((before.state < 0) & (now.state >= 0)).sum()),
                "stages": rung_counts(now.stage).tolist(),
                "speed": known(moved.speed[0]),
                "friction": known(moved.friction[0]),
            }
        )
    return rows


def measured_flows(lifecycle: Lifecycle, invitations: Invitations) -> Flows | None:
    """Who moved where in each window, and how many newcomers somebody brought; None of none."""
    if lifecycle.earlier is None:
        return None
    level = levels(lifecycle.moments[::-1])
    brought = np.zeros(level.shape[1], dtype=bool)
    brought[invitations.newcomer] = True
    entered = (level[:-1] < 0) & (level[1:] >= 0)
    return flows_of(level, referred=(entered & brought).sum(axis=1).astype(np.float64))


def measured_rates(
    lifecycle: Lifecycle, flows: Flows | None, *, invites: bool
) -> Mapping[str, float | None]:
    """What turns the loop, from the last window; of referrals nothing where nobody invites."""
    now, earlier = lifecycle.now, lifecycle.earlier
    if earlier is None or flows is None:
        return dict.fromkeys(("engaged", "advocacy", "referrals", "persistence"))
    rates = Rates(
        engaged=int(now.active.sum()),
        advocates=int((now.stage == ADVOCATE).sum()),
        referred=float(flows.referred[-1]),
        engaged_before=int(earlier.active.sum()),
        stayed=int((earlier.active & now.active).sum()),
    )
    return {
        "engaged": float(rates.engaged),
        "advocacy": rates.advocacy,
        "referrals": rates.referrals if invites else None,
        "persistence": rates.persistence,
    }


def measured_projection(
    lifecycle: Lifecycle, flows: Flows | None, misses: Misses | None, *, seed: int
) -> Row | None:
    """Where the loop leads, and how often the like came true of windows that are over."""
    if flows is None or misses is None:
        return None
    tested = back_test(misses)
    told = project_wheel(learned_wheel(flows, misses), rotations=ROTATIONS, seed=seed)
    figures = {
        name: {bound: values.tolist() for bound, values in vars(projection).items()}
        for name, projection in told.items()
    }
    return {
        "rotation_days": lifecycle.windows.days,
        "level": 0.8,
        **figures,
        "tested": {"figures": tested.figures, "inside": tested.inside},
    }


def wheel_facts(
    lifecycle: Lifecycle, flows: Flows | None, misses: Misses | None, *, value: FloatArray
) -> Row | None:
    """What the wheel is learned from, for later questions of what if."""
    if flows is None or misses is None:
        return None
    level = levels(lifecycle.moments[::-1])[-1]
    worth = np.where((level >= 0) & (value > 0), value, 0.0)
    return {
        "moves": flows.moves.tolist(),
        "entered": flows.entered.tolist(),
        "referred": flows.referred.tolist(),
        "reach": misses.reach().tolist(),
        "value": np.bincount(np.maximum(level, 0), weights=worth, minlength=LEVELS).tolist(),
    }


def known(number: float) -> float | None:
    """Return a number, or None for NaN."""
    return None if np.isnan(number) else float(number)
