"""Commands about growing outward: `lookalikes`, `crossover`, `ambassadors`, `referrals`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from segmentation.cli.audiences import found, snapshot_of
from segmentation.cli.options import DEFAULT_STORE, Json, StorePath, answer
from segmentation.errors import NotFound, UsageError

if TYPE_CHECKING:
    from segmentation.index import Snapshot
    from segmentation.rings import SeedsIn
    from segmentation.seeds import Seeds
    from segmentation.store import Store

RunId = Annotated[str | None, typer.Option("--run", help="Default: the live run.")]
Purpose = Annotated[
    str, typer.Option("--purpose", metavar="NAME", help="Leave out who refused this.")
]
Audience = Annotated[
    str | None, typer.Option("--audience", metavar="EXPR", help="A filter instead of a circle.")
]
Ids = Annotated[
    Path | None, typer.Option("--ids", metavar="FILE", help="User ids instead of a circle.")
]


def register(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(lookalikes)
    app.command()(crossover)
    app.command()(ambassadors)
    app.command()(referrals)


def lookalikes(
    circle: Annotated[str | None, typer.Argument(metavar="[CIRCLE]", help="Its id.")] = None,
    audience: Audience = None,
    ids: Ids = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="People to list.")] = 100,
    purpose: Purpose = "growth",
    contact_cost: Annotated[
        float | None, typer.Option("--contact-cost", min=0, help="Of reaching one person.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write ids and similarities.")
    ] = None,
    run: RunId = None,
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Find who is most like a circle, an audience or a list of people; show rings and reach."""
    from segmentation.lookalikes import Expansion
    from segmentation.rings import joined_since, rings_of
    from segmentation.store import Store

    opened = Store(store)
    snapshot = snapshot_of(opened, run)
    seeds_in = chosen(circle, audience, ids)
    now = Expansion.of(snapshot, seeds_in(snapshot), purpose=purpose)
    earlier = run_before(opened, snapshot)
    before = joined_since(earlier, snapshot, seeds_in, purpose=purpose) if earlier else None
    facts = now.facts(limit) | {"rings": rings_of(now, before, contact_cost=contact_cost)}
    if out is not None:
        write_lookalikes(facts, out)
    answer(facts, as_json, lambda: show_lookalikes(facts, out))


def crossover(
    circle: Annotated[str | None, typer.Argument(metavar="[CIRCLE]", help="Its id.")] = None,
    audience: Audience = None,
    ids: Ids = None,
    tags: Annotated[
        str | None,
        typer.Option("--tags", metavar="TAG[=W],...", help="A partner's tags and weights."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Circles to list.")] = 20,
    bridges: Annotated[
        int, typer.Option("--bridges", min=0, help="People of both sides to list for each.")
    ] = 0,
    purpose: Purpose = "growth",
    run: RunId = None,
    store: StorePath = DEFAULT_STORE,
    as_json: Json = False,
) -> None:
    """Say which circles go with a circle, or with a partner's people or tags, and who bridges."""
    from segmentation.crossover import circles_for, partners_of, people_with_tags
    from segmentation.store import Store

    snapshot = snapshot_of(Store(store), run)
    ways = (circle, audience, ids, tags)
    if sum(given is not None for given in ways) != 1:
        raise UsageError("Give a circle's id, `--audience`, `--ids` or `--tags`: one of them.")
    facts: dict[str, Any] = {"run_id": snapshot.run_id, "eligible_for": purpose}
    if circle is not None:
        rows = partners_of(snapshot, circle, purpose=purpose, bridges=bridges)
        facts |= {"circle_id": circle, "partners": rows[:limit]}
    else:
        partner = (
            people_with_tags(snapshot, weighed(tags))
            if tags is not None
            else chosen(None, audience, ids)(snapshot)
        )
        rows = circles_for(snapshot, partner, purpose=purpose, bridges=bridges)
        facts |= {"people": len(partner.rows), "unknown": partner.unknown, "circles": rows[:limit]}
    answer(facts, as_json, lambda: show_crossover(rows[:limit]))


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


def weighed(text: str) -> dict[str, float]:
    """Read tags such as `yoga=3,running`; without a weight a tag weighs 1."""
    tags = {}
    for word in filter(None, map(str.strip, text.split(","))):
        tag, has_weight, weight = word.rpartition("=")
        try:
            tags[tag if has_weight else word] = float(weight) if has_weight else 1.0
        except ValueError:
            tags[word] = 1.0  # a tag that holds the sign itself, such as label:household=mom
    return tags


def chosen(circle: str | None, audience: str | None, ids: Path | None) -> "SeedsIn":
    """What finds the seeds in a snapshot; exactly one way must be given."""
    from segmentation import seeds

    if sum(given is not None for given in (circle, audience, ids)) != 1:
        raise UsageError("Give a circle's id, or `--audience EXPR`, or `--ids FILE`: one of them.")
    listed = seeds.read_ids(ids) if ids is not None else []

    def seeds_in(snapshot: "Snapshot") -> "Seeds":
        if circle is not None:
            return seeds.of_circle(snapshot, circle)
        if audience is not None:
            return seeds.of_audience(found(snapshot, audience, None))
        return seeds.of_ids(snapshot, listed)

    return seeds_in


def run_before(store: "Store", snapshot: "Snapshot") -> "Snapshot | None":
    """The run a snapshot continued, where it is still kept."""
    previous = snapshot.manifest.get("previous")
    try:
        return store.snapshot(previous) if previous else None
    except NotFound:
        return None


def write_lookalikes(facts: dict[str, Any], out: Path) -> None:
    """Write the look-alikes as a table."""
    import pyarrow as pa

    from segmentation.export import format_of, write_file

    numbers = [(name, pa.float64()) for name in ("similarity", "closeness")]
    schema = pa.schema([("user_id", pa.string()), *numbers])
    table = pa.Table.from_pylist(facts["lookalikes"], schema=schema)
    write_file(table, out, format=format_of(out))


def show_lookalikes(facts: dict[str, Any], out: Path | None) -> None:
    """Draw the rings, the curve and, unless they were written, the people."""
    typer.echo(
        f"{facts['seeds_taught']:,} of {facts['seeds']:,} people teach; "
        f"{facts['candidates']:,} could be like them."
    )
    rings = Table("ring", "people", "furthest", "on average", "will join", "cost each", box=None)
    for ring in facts["rings"]:
        joins = ring["expected_joins"]
        rings.add_row(
            ring["ring"], f"{ring['people']:,}", figure(ring["least_closeness"]),
            figure(ring["mean_closeness"]),
            f"{joins['joins']:,.1f} ({joins['low']:,.0f}-{joins['high']:,.0f})" if joins else "",
            figure(ring["cost_per_join"]),
        )  # fmt: skip
    Console().print(rings)
    curve = Table("reach", "of all", "similarity", "lift", box=None)
    for point in facts["curve"]:
        curve.add_row(
            f"{point['people']:,}", f"{point['share']:.1%}", f"{point['similarity']:.2f}",
            f"{point['lift']:.1f}",
        )  # fmt: skip
    Console().print(curve)
    typer.echo("Told by " + ", ".join(row["tag"] for row in facts["tags"]) + ".")
    if out is not None:
        typer.echo(f"{len(facts['lookalikes']):,} people in {out}.")
        return
    for row in facts["lookalikes"]:
        typer.echo(f"{row['closeness']:.2f}  {row['user_id']}")


def show_crossover(rows: list[dict[str, Any]]) -> None:
    """Draw what each circle offers, and who bridges."""
    table = Table(
        "circle", "name", "score", "fit", "new reach", "shared", "lift", "bridges", box=None
    )
    for row in rows:
        table.add_row(
            row["circle_id"], row["name"], figure(row["score"]), figure(row["fit"]),
            f"{row['new_reach']:,}", f"{row['shared']:,}",
            f"{row['lift']:.1f} ({row['lift_low']:.1f}-{row['lift_high']:.1f})",
            ", ".join(bridge["user_id"] for bridge in row["bridges"]),
        )  # fmt: skip
    Console().print(table)


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


def figure(number: float | None) -> str:
    """Write a number, or nothing."""
    return "" if number is None else f"{number:.2f}"
