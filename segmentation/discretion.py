"""The loop as told to callers who may not list people: small counts blurred or left out."""

from collections.abc import Mapping
from typing import Any

from segmentation.guard import Guard

Row = dict[str, Any]
MOTION = ("speed", "friction", "weight", "momentum", "k_factor", "cycle_days")
COUNTS = ("people", "active", "newcomers")


def discreet(facts: Mapping[str, Any], guard: Guard) -> Row:
    """The flywheel of a snapshot, without counts that could single people out."""
    told = {
        **facts,
        **discreet_group(facts, guard, "everyone"),
        "rates": discreet_rates(facts["rates"], guard),
        "projection": discreet_projection(facts["projection"], guard),
        "transitions": discreet_moves(facts["transitions"], guard, "stages"),
    }
    told["windows"] = [discreet_window(row, guard) for row in facts["windows"]]
    told["trend"] = [discreet_point(row, guard) for row in facts["trend"]]
    return told


def discreet_rates(rates: Mapping[str, Any], guard: Guard) -> Row:
    """What turns the loop."""
    engaged = rates["engaged"]
    return {
        "engaged": counted(engaged, guard, "engaged"),
        **{
            name: shared(rates[name], engaged, guard, name, of="engaged")
            for name in ("advocacy", "referrals", "persistence")
        },
    }


def discreet_group(row: Mapping[str, Any], guard: Guard, who: str) -> Row:
    """How one group of people moves; of too few nothing is told."""
    stages, people = row["stages"], row["people"]
    if people < guard.minimum:
        silent = {"stages": [unknown(stage) for stage in stages], "people": None}
        return {**row, **silent, **dict.fromkeys(MOTION), "invitations": None}
    climbing, active = (
        None if stages[0][name] is None else sum(stage[name] for stage in stages[:last])
        for name, last in (("before", -1), ("active_before", None))
    )
    everyone = f"{who} people"
    speed = shared(row["speed"], climbing, guard, f"{who} speed", of=f"{who} climbing")
    weight = shared(row["weight"], people, guard, f"{who} weight", of=everyone)
    friction = shared(row["friction"], active, guard, f"{who} friction", of=f"{who} active")
    is_known = row["invitations"]["accepted"] >= guard.minimum
    return {
        **row,
        "people": counted(people, guard, everyone),
        "stages": [discreet_stage(stage, guard, who) for stage in stages],
        "speed": speed,
        "friction": friction,
        "weight": weight,
        "momentum": None if speed is None or weight is None else speed * weight,
        "k_factor": shared(row["k_factor"], people, guard, f"{who} k", of=everyone),
        "cycle_days": row["cycle_days"] if is_known else None,
        "invitations": discreet_invitations(row["invitations"], guard, who),
    }


def discreet_invitations(sent: Mapping[str, Any], guard: Guard, who: str) -> Row:
    """How many invitations a group sent and what came of them."""
    counts = {name: counted(sent[name], guard, f"{who} {name}") for name in ("sent", "accepted")}
    answered = shared(sent["answered"], sent["sent"], guard, f"{who} answered", of=f"{who} sent")
    return {**counts, "answered": answered}


def discreet_ladder(facts: Mapping[str, Any], guard: Guard, name: str) -> Row:
    """People by rung of another model and their moves."""
    stages = facts["stages"]
    climbing, active = (
        None if stages[0][key] is None else sum(stage[key] for stage in stages[:last])
        for key, last in (("before", -1), ("active_before", None))
    )
    return {
        **facts,
        "stages": [discreet_stage(stage, guard, name) for stage in stages],
        "speed": shared(facts["speed"], climbing, guard, f"{name} speed", of=f"{name} climbing"),
        "friction": shared(
            facts["friction"], active, guard, f"{name} friction", of=f"{name} active"
        ),
        "transitions": discreet_moves(facts["transitions"], guard, name),
    }


def discreet_stage(row: Mapping[str, Any], guard: Guard, who: str) -> Row:
    """One stage of a group."""
    asked = f"{who} {row['stage']}"
    people = counted(row["people"], guard, f"{asked} people")
    before, active = f"{asked} before", f"{asked} active"
    whole = round(row["people"] / row["share"]) if row["share"] else 0
    return {
        **row,
        "people": people,
        "share": portion(people, counted(whole, guard, f"{who} people")),
        "before": counted(row["before"], guard, before),
        "active_before": counted(row["active_before"], guard, active),
        "speed": shared(row["speed"], row["before"], guard, f"{asked} speed", of=before),
        "friction": shared(
            row["friction"], row["active_before"], guard, f"{asked} friction", of=active
        ),
    }


def unknown(row: Mapping[str, Any]) -> Row:
    """A stage of which nothing may be told."""
    return {**dict.fromkeys(row), "stage": row["stage"]}


def discreet_moves(moves: Mapping[str, Any], guard: Guard, ladder: str) -> Row:
    """Moves between stages: counts and shares that are large enough."""
    pairs = [list(zip(*rows, strict=True)) for rows in zip(moves["counts"], moves["shares"],
                                                           strict=True)]  # fmt: skip
    counts = [
        [
            counted(count, guard, f"{ladder} move {row} {column}")
            for column, (count, _) in enumerate(cells)
        ]
        for row, cells in enumerate(pairs)
    ]
    wholes = [
        counted(sum(cells), guard, f"{ladder} moves {row}")
        for row, cells in enumerate(moves["counts"])
    ]
    return {
        **moves,
        "counts": counts,
        "shares": [
            [
                share if count is not None and guard.minimum < 2 else portion(count, whole)
                for count, (_, share) in zip(told, cells, strict=True)
            ]
            for told, cells, whole in zip(counts, pairs, wholes, strict=True)
        ],
    }


def portion(count: int | None, whole: int | None) -> float | None:
    """The share a told count is of a told whole; None where either is not told."""
    return None if count is None or not whole else min(1.0, count / whole)


def discreet_projection(facts: Mapping[str, Any] | None, guard: Guard) -> Row | None:
    """Where the loop leads, rounded."""
    if facts is None:
        return None
    courses = {
        name: {bound: [guard.about(value) for value in values] for bound, values in told.items()}
        for name, told in facts.items()
        if name in ("active", "engaged", "advocates")
    }
    return {**facts, **courses}


def discreet_window(row: Mapping[str, Any], guard: Guard) -> Row:
    """One window of the past: rounded alone, for the next run may tell of it once more."""
    if guard.minimum < 2:
        return dict(row)
    return {
        **row,
        **{name: rounded(row[name], guard) for name in COUNTS},
        "stages": [rounded(people, guard) for people in row["stages"]],
        **{name: coarse(row[name]) for name in ("speed", "friction")},
    }


def discreet_point(row: Mapping[str, Any], guard: Guard) -> Row:
    """One run of the trend, rounded alone for the same reason."""
    if guard.minimum < 2:
        return dict(row)
    return {
        **row,
        **{name: rounded(row[name], guard) for name in ("people", "active")},
        "stages": {stage: rounded(people, guard) for stage, people in row["stages"].items()},
        **{name: coarse(row[name]) for name in MOTION[:-1]},
    }


def rounded(people: int | None, guard: Guard) -> int | None:
    """A number of people, rounded; None where it is not known or too small to tell."""
    told = None if people is None else guard.about(people)
    return None if told is None else int(told)


def coarse(share: float | None) -> float | None:
    """A share in whole percent."""
    return None if share is None else round(share, 2)


def counted(people: float | None, guard: Guard, asked: str) -> int | None:
    """A number of people, blurred; None where it is not known or too small to tell."""
    return None if people is None else guard.figure(int(people), f"flywheel {asked}").count


def shared(
    share: float | None, among: int | None, guard: Guard, asked: str, *, of: str
) -> float | None:
    """A rate, blurred, over the number of people told `of` the group it is about."""
    return guard.share(share, among, asked, f"flywheel {of}")
