"""The flywheel: what the live run measured, and where it leads with other rates."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from models.flywheel import project
from segmentation.config import Facet
from segmentation.discretion import (
    discreet,
    discreet_group,
    discreet_ladder,
    discreet_projection,
    discreet_rates,
)
from segmentation.errors import UsageError
from segmentation.foresight import OWN, foresee
from segmentation.index import Snapshot
from segmentation.keys import Key
from service.auth import CanRead
from service.errors import InvalidValue, problems
from service.live import LiveSnapshot
from service.motion import CircleMotions, FlywheelAnswer, Mapping, Projection, RatesGiven
from service.paging import Paged

router = APIRouter(prefix="/v1", tags=["flywheel"])
FORMULA = ("engaged", "advocacy", "referrals", "persistence")
Named = Annotated[Mapping, Query(description="Show stages as rungs of this model.")]
FacetFilter = Annotated[Facet | None, Query(description="Only circles of this facet.")]


@router.get("/flywheel", responses=problems(401, 403, 422, 500, 503))
async def get_flywheel(
    snapshot: LiveSnapshot, key: CanRead, mapping: Named = "flywheel"
) -> FlywheelAnswer:
    """Show stages, speed, friction, weight, momentum and K as the run measured them."""
    facts, is_exact = snapshot.flywheel(), is_exact_for(key, snapshot)
    told = facts if is_exact else discreet(facts, snapshot.guard)
    if mapping != "flywheel":
        rungs = facts["ladders"][mapping]
        told = {**told, **(rungs if is_exact else discreet_ladder(rungs, snapshot.guard, mapping))}
    return FlywheelAnswer.model_validate(
        {**told, "run_id": snapshot.run_id, "mapping": mapping, "approximate": not is_exact}
    )


@router.get("/flywheel/circles", responses=problems(401, 403, 404, 410, 422, 500, 503))
async def list_flywheels(page: Paged, key: CanRead, facet: FacetFilter = None) -> CircleMotions:
    """Show the flywheel by circle: everybody counts in their primary one."""
    snapshot = page.snapshot
    is_exact = is_exact_for(key, snapshot)
    measured = {row["circle_id"]: row for row in snapshot.flywheel()["circles"]}
    rows = [
        {**measured[circle["circle_id"]], "name": circle["name"]}
        for circle in snapshot.circles(facet)
        if circle["circle_id"] in measured
    ]
    shown = rows[page.offset : page.offset + page.limit]
    return CircleMotions.model_validate(
        {
            "run_id": snapshot.run_id,
            "approximate": not is_exact,
            "circles": shown
            if is_exact
            else [discreet_group(row, snapshot.guard, row["circle_id"]) for row in shown],
            "next_page_token": page.token(len(rows)),
        }
    )


@router.post("/flywheel:project", responses=problems(401, 403, 413, 422, 500, 503))
def project_flywheel(asked: RatesGiven, snapshot: LiveSnapshot, key: CanRead) -> Projection:
    """Turn the flywheel ahead as measured, or with a rate or several changed."""
    given = asked.model_dump(exclude_none=True, exclude={"rotations"})
    if uses_formula(given, snapshot):
        answer = by_formula(given, snapshot, key, rotations=asked.rotations)
    else:
        answer = by_wheel(given, snapshot, key, rotations=asked.rotations)
    return Projection.model_validate({**answer, "run_id": snapshot.run_id})


def is_exact_for(key: Key, snapshot: Snapshot) -> bool:
    """Whether a caller is told figures as they are."""
    return key.allows("members") or snapshot.guard.minimum < 2


def uses_formula(given: dict[str, float], snapshot: Snapshot) -> bool:
    """Whether rates are of the formula of four, or the run has no wheel to turn."""
    is_measured = snapshot.flywheel()["wheel"] is not None
    return not any(name in given for name in OWN) and (bool(given) or not is_measured)


def by_formula(
    given: dict[str, float], snapshot: Snapshot, key: Key, *, rotations: int
) -> dict[str, Any]:
    """Put the given rates over the measured ones; refuse when one is in neither."""
    measured = snapshot.flywheel()["rates"]
    if not is_exact_for(key, snapshot):
        measured = discreet_rates(measured, snapshot.guard)
    rates = {**measured, **given}
    for name in FORMULA:
        if rates.get(name) is None:
            raise InvalidValue(f"The run measured no `{name}`: give it.", field=f"body.{name}")
    engaged = project(**{name: rates[name] for name in FORMULA}, rotations=rotations)
    unknown = dict.fromkeys(("low", "high", "active", "advocates", "rotation_days"))
    return {**unknown, "rates": rates, "engaged": engaged.tolist()}


def by_wheel(
    given: dict[str, float], snapshot: Snapshot, key: Key, *, rotations: int
) -> dict[str, Any]:
    """Turn the wheel learned from the run's windows."""
    if "advocacy" in given:
        raise InvalidValue(
            "`advocacy` belongs to the formula of four rates: give it without "
            f"{', '.join(f'`{name}`' for name in OWN)}.",
            field="body.advocacy",
        )
    try:
        told = foresee(snapshot.flywheel(), given, rotations=rotations)
    except UsageError as error:
        raise InvalidValue(str(error), field="body") from error
    if not is_exact_for(key, snapshot):
        told = discreet_projection(told, snapshot.guard) or told
        told["rates"] = given
    engaged = told.pop("engaged")
    return {**told, "engaged": engaged["expected"], "low": engaged["low"], "high": engaged["high"]}
