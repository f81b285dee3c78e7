"""Commands about what campaigns add: from a file, or from campaigns whose arms are kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from segmentation.cli.options import (
    DEFAULT_STORE,
    Json,
    StorePath,
    answer,
    clock,
    database_of,
    moment,
)
from segmentation.cli.tables import day_and_time, table_by_id
from segmentation.errors import NotFound

if TYPE_CHECKING:
    from segmentation.campaigns import Campaign
    from segmentation.database import Database
    from segmentation.index import Snapshot
    from segmentation.store import Store

lift = typer.Typer(help="What a campaign added, and whether one can tell.", no_args_is_help=True)


class Opened(NamedTuple):
    """What a command about campaigns works with."""

    store: "Store"
    database: "Database"
    snapshot: "Snapshot"


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.add_typer(lift, name="lift")


@lift.command("measure")
def measure(
    outcomes: Annotated[
        Path, typer.Option("--outcomes", metavar="FILE", help="user_id, treated, outcome, before.")
    ],
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Compare treated people with those held out: lift, interval, by circle where it is known."""
    from segmentation.outcomes import lift_of

    facts = lift_of(outcomes, circles=circles_of(store))
    answer(facts, as_json, lambda: show(facts))


@lift.command("uplift")
def uplift(
    outcomes: Annotated[
        Path, typer.Option("--outcomes", metavar="FILE", help="user_id, treated, outcome.")
    ],
    before: Annotated[
        str, typer.Option("--before", metavar="RUN", help="The run live when it began.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to write everyone's.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the parts.")] = 0,
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Learn from a campaign drawn by lot whom its treatment moves, and tell it of everyone."""
    from segmentation.store import Store
    from segmentation.uplifting import uplift_of

    facts = uplift_of(Store(store), outcomes, before=before, out=out, seed=seed)
    answer(facts, as_json, lambda: show_uplift(facts))


@lift.command("plan")
def plan(
    people: Annotated[int, typer.Option("--people", min=4, help="People in both arms.")],
    deviation: Annotated[float, typer.Option("--deviation", help="Of the outcome.")],
    effect: Annotated[float, typer.Option("--effect", help="The lift hoped for.")],
    holdout: Annotated[float, typer.Option("--holdout", min=0.001, max=0.999, help="Its share.")],
    as_json: Json = False,
) -> None:
    """Say whether a campaign can tell the lift it hopes for; one that cannot is refused."""
    from segmentation.planning import plan as check

    facts = check(people=people, deviation=deviation, effect=effect, holdout_share=holdout)
    answer(facts, as_json, lambda: typer.echo(f"Power {facts['power']:.2f}: enough people."))


@lift.command("start")
def start(
    name: str,
    deviation: Annotated[float, typer.Option("--deviation", help="Of the outcome.")],
    effect: Annotated[float, typer.Option("--effect", help="The lift hoped for.")],
    filter: Annotated[str, typer.Option("--filter", help="Whom it is about; else all.")] = "",
    share: Annotated[float | None, typer.Option("--share", help="The share held out.")] = None,
    everyone: Annotated[
        bool, typer.Option("--everyone", help="Hold out of all campaigns, by the policy's share.")
    ] = False,
    purpose: Annotated[
        str | None, typer.Option("--purpose", help="Leave out who refused this purpose.")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="TS", help="Its end.")] = None,
    pin: Annotated[
        bool, typer.Option("--pin", help="Keep to the run live now, to its end.")
    ] = False,
    author: Annotated[str, typer.Option("--author", help="Who begins it.")] = "command line",
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Begin a campaign: draw who is held out, alike in every circle, and keep it."""
    from segmentation import campaigns

    asked = campaigns.Asked(
        name=name, filter=filter, purpose=purpose, share=share, deviation=deviation,
        effect=effect, until=moment(until, "--until"), pinned=pin,
        kind=campaigns.EVERYONE if everyone else campaigns.CAMPAIGN,
    )  # fmt: skip
    with opened(store) as at:
        made = campaigns.start(at.store, at.database, at.snapshot, asked, by=author, now=clock())
        facts = with_draws(at, made)
    answer(facts, as_json, lambda: show_campaigns([facts]))


@lift.command("list")
def list_all(store: StorePath = DEFAULT_STORE, as_json: Json = False) -> None:
    """List the campaigns with their draws, the latest first."""
    from segmentation import campaigns

    with opened(store) as at:
        rows = [with_draws(at, each) for each in campaigns.list_campaigns(at.database)]
    answer({"campaigns": rows}, as_json, lambda: show_campaigns(rows))


@lift.command("arms")
def arms(
    campaign: str,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write CSV.")],
    version: Annotated[
        int | None, typer.Option("--version", min=1, help="The arms as of this draw.")
    ] = None,
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Write who is in which arm, without those who refuse the campaign by now."""
    from segmentation.arms import write_arms
    from segmentation.campaigns import find

    with opened(store) as at:
        known = find(at.database, campaign)
        counts = write_arms(
            out, at.database, at.snapshot, campaign, purpose=known.purpose, version=version
        )
    facts = {"campaign": campaign, "file": str(out), **counts}
    text = f"{counts['treated']:,} treated and {counts['held_out']:,} held out in {out}."
    answer(facts, as_json, lambda: typer.echo(text))


@lift.command("extend")
def extend(campaign: str, store: StorePath = DEFAULT_STORE, as_json: Json = False) -> None:
    """Draw among those who came since; nobody who is in an arm changes it."""
    from segmentation import campaigns

    with opened(store) as at:
        added = campaigns.extend(at.database, at.snapshot, campaign, now=clock())
    facts = {"campaign": campaign, "added": added}
    answer(facts, as_json, lambda: typer.echo(f"{added:,} people were drawn."))


@lift.command("end")
def end(campaign: str, store: StorePath = DEFAULT_STORE, as_json: Json = False) -> None:
    """End a campaign now; its arms stay, so that it can be measured."""
    from segmentation import campaigns

    with opened(store) as at:
        facts = campaigns.end(at.store, at.database, campaign, now=clock()).to_dict()
    answer(facts, as_json, lambda: typer.echo(f"{campaign} is over."))


@lift.command("note")
def note(
    campaign: str,
    outcomes: Annotated[
        Path, typer.Option("--outcomes", metavar="FILE", help="user_id, outcome, before.")
    ],
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Write down what became of people; whoever is not named had an outcome of 0."""
    from segmentation.arms import note_outcomes
    from segmentation.campaigns import find
    from segmentation.outcomes import outcomes_in

    with opened(store) as at:
        find(at.database, campaign)
        facts = note_outcomes(at.database, campaign, outcomes_in(outcomes))
    text = f"{facts['kept']:,} outcomes kept; {facts['unknown']:,} are of nobody in it."
    answer(facts, as_json, lambda: typer.echo(text))


@lift.command("read")
def read(campaign: str, store: StorePath = DEFAULT_STORE, as_json: Json = False) -> None:
    """Tell what a campaign added: overall and by circle, with intervals narrowed by CUPED."""
    from segmentation.campaign_lift import lift_of_campaign

    with opened(store) as at:
        facts = lift_of_campaign(at.database, campaign)
    answer(facts, as_json, lambda: show(facts))


@contextmanager
def opened(path: Path) -> Iterator["Opened"]:
    """Open a store, its live run and its database for one command."""
    from segmentation import consents
    from segmentation.decisions import in_force_on
    from segmentation.store import Store

    with database_of(path) as database, Store(path).snapshot() as snapshot:
        made = consents.decisions(database)
        snapshot.audiences.amend((each.user_id, each.purpose, each.granted) for each in made)
        yield Opened(Store(path), database, in_force_on(snapshot, database, now=clock()))


def with_draws(at: "Opened", campaign: "Campaign") -> dict[str, Any]:
    """A campaign and its draws as JSON."""
    from segmentation.arms import versions

    return campaign.to_dict() | {"versions": versions(at.database, campaign.campaign_id)}


def show_campaigns(rows: list[dict[str, Any]]) -> None:
    """Draw campaigns as a table."""
    ids = [row["campaign_id"] for row in rows]
    table = table_by_id("campaign", ids, "name", "treated", "held out", "began on", "until")
    for row in rows:
        held = sum(draw["held_out"] for draw in row["versions"])
        people = sum(draw["people"] for draw in row["versions"])
        kept = " (kept)" if row["pinned"] else ""
        table.add_row(
            row["campaign_id"], row["name"], f"{people - held:,}", f"{held:,}",
            row["run_id"] + kept, day_and_time(row["ended"] or row["until"]),
        )  # fmt: skip
    Console().print(table if rows else "No campaign yet. `coterie lift start NAME` begins one.")


def circles_of(store: Path) -> dict[str, str]:
    """Everyone's primary interest circle in the live run; nobody's where there is none."""
    from segmentation.store import Store

    try:
        users = Store(store).table(Store(store).live_folder().name, "users")
    except NotFound:
        return {}
    homes = zip(users["user_id"].to_pylist(), users["interest_circle"].to_pylist(), strict=True)
    return {user: circle for user, circle in homes if circle is not None}


def show_uplift(facts: dict[str, Any]) -> None:
    """Draw what was foretold and what came true, by tenths of the people."""
    table = Table("tenth", "foretold", "came true", "from", "to", box=None)
    for number, row in enumerate(facts["tenths"], start=1):
        table.add_row(str(number), *(f"{row[name]:.3f}" for name in row))
    if facts["tells_apart"]:
        said = f"Qini {facts['qini']:.4f} (by lot 0, give or take {facts['qini_error']:.4f})"
        Console().print(table, f"{said}; slope {facts['slope']:.2f}.")
    else:
        typer.echo(f"Nobody is told apart beyond chance: {facts['effect']:.3f} for everyone.")


def show(facts: dict[str, Any]) -> None:
    """Draw the lift overall and by circle."""
    table = Table("", "lift", "from", "to", "p", "treated", "held out", box=None)
    for name, row in {"everyone": facts["overall"], **facts["circles"]}.items():
        table.add_row(
            name, f"{row['lift']:.3f}", f"{row['low']:.3f}", f"{row['high']:.3f}",
            f"{row['p_value']:.3f}", f"{row['treated']:,}", f"{row['held_out']:,}",
        )  # fmt: skip
    Console().print(table)
