"""Commands about rights: `tiers simulate`, `apply`, `set`, `lift`, `history`, `notices`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from segmentation.cli.options import (
    AUTHOR,
    DEFAULT_STORE,
    Json,
    StorePath,
    answer,
    clock,
    database_of,
    moment,
    read_database_of,
)
from segmentation.errors import UsageError

PolicyFile = Annotated[
    Path, typer.Option("--policy", metavar="FILE", help="The policy, such as rights.toml.")
]
Author = Annotated[str, typer.Option("--author", help="Who decides; kept in the ledger.")]
tiers = typer.Typer(help="Try and apply policies, set tiers by hand.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.add_typer(tiers, name="tiers")


@tiers.command("simulate")
def simulate(policy: PolicyFile, store: StorePath = DEFAULT_STORE, as_json: Json = False) -> None:
    """Say who would move under a policy and what it would cost; nothing changes."""
    from segmentation.applying import simulate as try_out
    from segmentation.store import Store

    with read_database_of(store) as database:
        facts = try_out(Store(store), database, policy, now=clock()).to_dict()
    answer(facts, as_json, lambda: show_moves(facts))


@tiers.command("apply")
def apply(
    policy: PolicyFile,
    author: Author = AUTHOR,
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Put a policy in force: exactly what `simulate` says happens, and runs go on with it."""
    from segmentation.applying import apply as put_in_force
    from segmentation.store import Store

    with database_of(store) as database:
        facts = put_in_force(Store(store), database, policy, now=clock(), author=author)
    answer(facts, as_json, lambda: show_moves(facts))


@tiers.command("set")
def set_by_hand(
    user: str,
    tier: str,
    until: Annotated[str, typer.Option("--until", metavar="TS", help="Until when it holds.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")],
    author: Author = AUTHOR,
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Give a user a tier by hand, until a time; it is in force at once."""
    from segmentation.overrides import set_tier
    from segmentation.store import Store

    ends = moment(until, "--until")
    if ends is None:
        raise UsageError("`--until` must be a time.")
    with database_of(store) as database, Store(store).snapshot() as snapshot:
        change = set_tier(
            database, snapshot, user, tier=tier, until=ends, reason=reason, author=author,
            now=clock(),
        )  # fmt: skip
    answer(asdict(change), as_json, lambda: typer.echo(f"{user} is {tier} until {until}."))


@tiers.command("lift")
def lift(
    user: str,
    author: Author = AUTHOR,
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """End what was decided about a user by hand."""
    from segmentation.overrides import lift as end
    from segmentation.store import Store

    with database_of(store) as database, Store(store).snapshot() as snapshot:
        change = end(database, snapshot, user, author=author, now=clock())
    answer(asdict(change), as_json, lambda: typer.echo(f"{user} is {change.after} again."))


@tiers.command("history")
def history(user: str, store: StorePath = DEFAULT_STORE, as_json: Json = False) -> None:
    """Show every change of a user's tier, the newest first, and why."""
    from segmentation import ledger
    from segmentation.reasonwords import in_words

    with read_database_of(store) as database:
        rows = [
            asdict(change) | {"reasons": in_words(change.reason_codes)}
            for change in ledger.history(database, user)
        ]
    answer({"user_id": user, "changes": rows}, as_json, lambda: show_changes(rows))


@tiers.command("notices")
def notices(
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 100,
    after: Annotated[str, typer.Option("--after", metavar="USER", help="Users after this.")] = "",
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """List who may soon lose a tier, when, and what it takes to stay."""
    from segmentation.noticeboard import list_notices

    with read_database_of(store) as database:
        rows = list_notices(database, after=after, limit=limit)
    answer({"notices": rows}, as_json, lambda: show_notices(rows))


def show_moves(facts: dict[str, Any]) -> None:
    """Say how many move, name a few, give the cost, and how even it is where that is asked."""
    moves = Table("tier", "people", box=None)
    for name, people in facts["tiers"].items():
        moves.add_row(name, f"{people:,}")
    console = Console()
    console.print(moves)
    console.print(
        f"{facts['up']:,} up, {facts['down']:,} down, {facts['unchanged']:,} unchanged, "
        f"{facts['new']:,} new, {facts['on_notice']:,} kept until a review."
    )
    of = f" of {facts['budget']:,.2f}" if facts["budget"] is not None else ""
    console.print(f"Cost {facts['cost']:,.2f}{of}; shadow price {facts['shadow_price']:.4g}.")
    if (parity := facts["parity"]) is not None:
        console.print(
            f"Groups by `{parity['namespace']}` lie {parity['gap']:.3f} apart in their shares with "
            f"`{parity['tier']}` or higher, of {parity['max_gap']:g} allowed; keeping to it costs "
            f"{parity['price']:,.4g} in worth."
        )
    for name in facts["unreached"]:
        console.print(f"! Nobody reaches what `{name}` asks to enter.")
    for old, new in facts["renamed"].items():
        console.print(f"`{old}` is called `{new}` now; whoever holds it keeps it, since then.")
    for name, people in facts["gone"].items():
        console.print(
            f"! There is no `{name}` any more: its {people:,} holders begin anew. Where it only "
            f'has another name, write `was = "{name}"` under that.'
        )
    for way, named in facts["samples"].items():
        for row in named:
            console.print(f"  {way}: {row['user_id']} {row['before']} -> {row['after']}")


def show_changes(rows: list[dict[str, Any]]) -> None:
    """Draw a history as a table."""
    table = Table("at", "before", "after", "why", "policy", "by", box=None)
    for row in rows:
        given = [row["evidence"]["reason"]] if "reason" in row["evidence"] else []
        table.add_row(
            f"{row['at']:%Y-%m-%d %H:%M}", row["before"] or "", row["after"] or "",
            " ".join([*row["reasons"], *given]), row["policy_version"], row["author"],
        )  # fmt: skip
    Console().print(table if rows else "Nothing is written of this user.")


def show_notices(rows: list[dict[str, Any]]) -> None:
    """Draw notices as a table."""
    table = Table("user", "tier", "review after", "to stay", box=None)
    for row in rows:
        ways = (
            " and ".join(f"{need['measure']} {need['least']:g}" for need in way["needs"])
            for way in row["ways"]
        )
        when = f"{row['review_after']:%Y-%m-%d}" if row["review_after"] else ""
        to_stay = " or ".join(way or "more budget" for way in ways)
        table.add_row(row["user_id"], row["tier"], when, to_stay)
    Console().print(table if rows else "Nobody is on notice.")
