"""Commands about growing outward: `lookalikes`, `crossover`."""

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


def figure(number: float | None) -> str:
    """Write a number, or nothing."""
    return "" if number is None else f"{number:.2f}"
