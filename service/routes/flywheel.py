"""The flywheel: what the live run measured, and where given rates would lead."""

from fastapi import APIRouter

from models.flywheel import project
from segmentation.index import Snapshot
from service.auth import CanRead
from service.errors import InvalidValue, problems
from service.live import LiveSnapshot
from service.motion import FlywheelAnswer, Projection, Rates, RatesGiven

router = APIRouter(prefix="/v1", tags=["flywheel"])


@router.get("/flywheel", responses=problems(401, 403, 500, 503))
async def get_flywheel(snapshot: LiveSnapshot, _: CanRead) -> FlywheelAnswer:
    """Show stages, speed, friction, weight, momentum and K as the run measured them."""
    return FlywheelAnswer.model_validate({"run_id": snapshot.run_id, **snapshot.flywheel()})


@router.post("/flywheel:project", responses=problems(401, 403, 413, 422, 500, 503))
async def project_flywheel(asked: RatesGiven, snapshot: LiveSnapshot, _: CanRead) -> Projection:
    """Turn the flywheel with given rates; the measured ones stand in for those left out."""
    rates = rates_of(asked, snapshot)
    engaged = project(**rates.model_dump(), rotations=asked.rotations)
    return Projection(run_id=snapshot.run_id, rates=rates, engaged=engaged.tolist())


def rates_of(asked: RatesGiven, snapshot: Snapshot) -> Rates:
    """Put the given rates over the measured ones; refuse when one is in neither."""
    given = asked.model_dump(include=set(Rates.model_fields), exclude_none=True)
    measured = snapshot.flywheel().get("rates") or {}
    rates = {**measured, **given}
    for name in Rates.model_fields:
        if rates.get(name) is None:
            raise InvalidValue(f"The run measured no `{name}`: give it.", field=f"body.{name}")
    return Rates.model_validate(rates)
