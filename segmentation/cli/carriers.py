"""Commands about who carries circles outward: `ambassadors`, `referrals`."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from segmentation.cli.audiences import snapshot_of
from segmentation.cli.growth import Purpose, RunId, figure
from segmentation.cli.options import DEFAULT_STORE, Json, StorePath, answer
from segmentation.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(ambassadors)
    app.command()(referrals)


def ambassadors(
    circle: Annotated[
        str | None, typer.Option("--circle", metavar="ID", help="Default: wherever most is gained.")
    ] = None,
    budget: Annotated[
        int, typer.Option("--budget", min=1, max=50, help="How many people can be asked.")
    ] = 10,
    creators: Annotated[
        bool, typer.Option("--creators", help="Who makes things, instead of who carries them.")
    ] = False,
    purpose: Purpose = "growth",
    run: RunId = None,
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Choose whom to start from so that a message reaches most people of a circle, or of all."""
    from segmentation.store import Store

    snapshot = snapshot_of(Store(store), run)
    facts: dict[str, Any] = {"run_id": snapshot.run_id, "eligible_for": purpose}
    if creators and circle is None:
        raise UsageError("`--creators` needs `--circle ID`: creators are told circle by circle.")
    if creators:
        facts |= snapshot.carriers.creators(str(circle), limit=budget, purpose=purpose)
        answer(facts, as_json, lambda: show_creators(facts))
        return
    if circle is not None:
        facts |= snapshot.carriers.ambassadors(circle, budget=budget, purpose=purpose)
    else:
        facts |= snapshot.carriers.ambassadors_of_all(budget=budget, purpose=purpose)
    answer(facts, as_json, lambda: show_ambassadors(facts))


def referrals(run: RunId = None, store: StorePath = DEFAULT_STORE, as_json: Json = False) -> None:
    """Show how many new people each brings and how soon, by circle and tier, and the tree."""
    from segmentation.store import Store

    snapshot = Store(store).snapshot(run)
    facts = {"run_id": snapshot.run_id, **snapshot.carriers.referrals(is_exact=True)}
    answer(facts, as_json, lambda: show_referrals(facts))


def show_ambassadors(facts: dict[str, Any]) -> None:
    """Draw whom to ask, and what each adds."""
    if not facts["ambassadors"]:
        typer.echo("Nobody has ties along which anything could be carried.")
        return
    basis = {"shares": "learned from what went along them", "weighted_cascade": "a plain model"}
    typer.echo(f"Ties carry by {basis[facts['basis']]}.")
    if facts.get("guarantee"):
        typer.echo(f"Surely at least {facts['guarantee']:.0%} of what the best choice reaches.")
    table = Table("", "person", "circle", "adds", "together", box=None)
    for row in facts["ambassadors"]:
        table.add_row(
            str(row["rank"]), row["user_id"], row["circle_id"], f"{row['gain']:,.1f}",
            f"{row['reach']:,.1f}",
        )  # fmt: skip
    Console().print(table)


def show_creators(facts: dict[str, Any]) -> None:
    """Draw who creates."""
    voice = facts["voice"]
    typer.echo(f"{voice['creators']:,} members create, {voice['share_of_members']:.1%} of them.")
    table = Table("", "person", "made", "answered", "passed on by others", box=None)
    for row in facts["creators"]:
        table.add_row(
            str(row["rank"]), row["user_id"], f"{row['works']:,}", f"{row['comments']:,}",
            f"{row['echoes']:,}",
        )  # fmt: skip
    Console().print(table)


def show_referrals(facts: dict[str, Any]) -> None:
    """Draw K and cycle time, everyone first."""
    if facts["overall"] is None:
        typer.echo("The run kept no referrals: make a new one.")
        return
    table = Table("", "people", "brought", "K", "from", "to", "plain", "days", box=None)
    groups = {"everyone": facts["overall"], **facts["tiers"], **facts["circles"]}
    for name, row in groups.items():
        table.add_row(
            name, f"{row['people']:,}", f"{row['referrals']:,}", figure(row["k"]),
            figure(row["k_low"]), figure(row["k_high"]), figure(row["plain"]),
            figure(row["cycle_days"]),
        )  # fmt: skip
    Console().print(table)
    tree = facts["tree"]
    typer.echo(
        f"{tree['referred']:,} people descend from {tree['roots']:,}; the largest tree has "
        f"{tree['largest']:,}. By generation: {', '.join(map(str, tree['generations'])) or '-'}."
    )
