"""The command that shows how the loop turns and where it leads: `flywheel`."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from segmentation.cli.options import DEFAULT_STORE, Json, StorePath, answer
from segmentation.errors import ConfigError, UsageError

FORMULA = ("engaged", "advocacy", "referrals", "persistence")
Facts = dict[str, Any]


class Model(StrEnum):
    """The models whose words stages can be told in."""

    FLYWHEEL = "flywheel"
    AIPL = "aipl"
    FIVE_A = "5a"
    ADOPTION = "adoption"


def register(app: typer.Typer) -> None:
    """Add this command to the program."""
    app.command()(flywheel)


def flywheel(
    project: Annotated[
        int | None, typer.Option("--project", min=1, max=120, help="Rotations to look ahead.")
    ] = None,
    engaged: Annotated[float | None, typer.Option(min=0, help="People engaged at first.")] = None,
    advocacy: Annotated[
        float | None, typer.Option(min=0, max=1, help="Share of the engaged who advocate.")
    ] = None,
    referrals: Annotated[
        float | None, typer.Option(min=0, help="New people an advocate brings a rotation.")
    ] = None,
    persistence: Annotated[
        float | None, typer.Option(min=0, max=1, help="Share who advocate again next rotation.")
    ] = None,
    changed: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="RATE=VALUE", help="Look ahead with another rate."),
    ] = None,
    model: Annotated[
        Model, typer.Option("--as", help="Show stages as rungs of this model.")
    ] = Model.FLYWHEEL,
    circles: Annotated[bool, typer.Option("--circles", help="Show the loop by circle.")] = False,
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Show the loop: stages, speed, friction, weight; `--project` looks ahead."""
    given = dict(zip(FORMULA, (engaged, advocacy, referrals, persistence), strict=True))
    rates = {name: value for name, value in given.items() if value is not None}
    others = changes_of(changed or [])
    if project is None:
        if rates or others:
            raise UsageError("Rates are given but no `--project N`: say how many rotations.")
        show(store, model, by_circle=circles, as_json=as_json)
        return
    facts = looked_ahead(store, rates, others, rotations=project)
    answer(facts, as_json, lambda: draw_projection(facts))


def show(store: StorePath, model: Model, *, by_circle: bool, as_json: bool) -> None:
    """Show the loop of the live run, or that of its circles."""
    from segmentation.cli import wheel

    facts = measured(store)
    if by_circle:
        rows = facts["circles"]
        answer({"run_id": facts["run_id"], "circles": rows}, as_json,
               lambda: wheel.draw_circles(rows))  # fmt: skip
        return
    if model is not Model.FLYWHEEL:
        facts |= facts["ladders"][model.value]
    told = {name: value for name, value in facts.items() if name not in ("wheel", "circles")}
    told |= {"mapping": model.value}
    answer(told, as_json, lambda: wheel.draw_flywheel(told))


def measured(store: StorePath) -> Facts:
    """The flywheel of the live run, its circles named."""
    from segmentation.store import Store

    with Store(store).snapshot() as snapshot:
        names = {row["circle_id"]: row["name"] for row in snapshot.circles()}
        facts = snapshot.flywheel()
        circles = [{**row, "name": names.get(row["circle_id"])} for row in facts["circles"]]
        return {**facts, "run_id": snapshot.run_id, "circles": circles}


def looked_ahead(
    store: StorePath, rates: dict[str, float], others: dict[str, float], *, rotations: int
) -> Facts:
    """Engaged people at each rotation, by the formula of four rates or by the measured wheel."""
    if rates and others:
        raise UsageError(
            f"`--with` changes rates of the measured loop: leave out "
            f"{', '.join(f'`--{name}`' for name in rates)}, or name them there."
        )
    if len(rates) == len(FORMULA):
        return by_formula(rates, rotations)
    facts = measured(store)
    if rates or facts["wheel"] is None:
        return by_formula({**known_rates(facts), **rates}, rotations)
    from segmentation.foresight import foresee

    told = foresee(facts, others, rotations=rotations)
    course = told.pop("engaged")
    return {"run_id": facts["run_id"], "engaged": course["expected"], "low": course["low"],
            "high": course["high"], **told}  # fmt: skip


def known_rates(facts: Facts) -> dict[str, float]:
    """The measured rates of the formula."""
    return {name: value for name, value in facts["rates"].items() if value is not None}


def by_formula(rates: dict[str, float], rotations: int) -> Facts:
    """Engaged people at each rotation as the literature reckons it."""
    from models.flywheel import project

    missing = sorted(set(FORMULA) - rates.keys())
    if missing:
        names = ", ".join(f"`--{name}`" for name in missing)
        raise UsageError(f"The live run measured no {names}: give them.")
    used = {name: float(rates[name]) for name in FORMULA}
    engaged = project(**used, rotations=rotations)
    return {"rates": used, "engaged": [round(float(value), 6) for value in engaged]}


def changes_of(words: list[str]) -> dict[str, float]:
    """Read rates given as NAME=VALUE."""
    from segmentation.foresight import RATES, SHARES

    found = {}
    for word in words:
        name, _, text = word.partition("=")
        if name not in RATES:
            raise ConfigError.unknown_key("`--with`", name, RATES)
        try:
            value = float(text)
        except ValueError as error:
            raise UsageError(f"`--with {name}` must be a number, got {text!r}.") from error
        if not 0 <= value <= (1 if name in SHARES else float("inf")):
            bounds = "from 0 to 1" if name in SHARES else "at least 0"
            raise UsageError(f"`--with {name}` must be {bounds}, got {text}.")
        found[name] = value
    return found


def draw_projection(facts: Facts) -> None:
    """Draw where the loop leads."""
    from segmentation.cli import wheel

    wheel.draw_projection(facts)
