"""A finished run in a marketer's words."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from segmentation.answers import Row
from segmentation.cli.wheel import figures_sentence, stage_table
from segmentation.config import FACETS
from segmentation.grades import graded
from segmentation.index import Snapshot
from segmentation.store import Store

if TYPE_CHECKING:
    from segmentation.run import RunOutcome

SHOWN = 8
CROSSED = 5


def print_summary(outcome: "RunOutcome", store: Path) -> None:
    """Print what was found: circles, sharing, tiers, flywheel, and what to do next."""
    console = Console(highlight=False)
    with Snapshot.open(Store(store).folder(outcome.run_id)) as snapshot:
        console.print(f"\n[bold]Run {outcome.run_id}[/bold]", "(live)" if outcome.published else "")
        console.print(input_sentence(outcome.report))
        for facet, word in (("interest", "Interest circles"), ("lifestyle", "Lifestyle circles")):
            show_circles(console, word, snapshot.circles(facet), outcome.report["facets"][facet])
        show_crosstab(console, snapshot)
        console.print(sharing_sentence(outcome.report["sharing"]))
        console.print(tier_table(snapshot.tiers()))
        console.print(stage_table(snapshot.flywheel()["stages"], title="Flywheel"))
        console.print(figures_sentence(snapshot.flywheel()))
    for finding in outcome.report["findings"]:
        console.print(f"[yellow]![/yellow] {finding['message']}")
    console.print(f"\nSee it in a browser: [bold]coterie serve --store {store}[/bold]")


def input_sentence(report: Row) -> str:
    """How much was read, and how much of it was bad."""
    rows, bad = report["ingest"]["rows_in"], report["ingest"]["rows_bad"]
    seconds = sum(stage["seconds"] for stage in report["stages"])
    tail = f", {bad:,} of them in quarantine" if bad else ""
    return f"{how_many(report['people'])} from {rows:,} rows{tail}, in {seconds:.1f} s."


def show_circles(console: Console, word: str, circles: list[Row], facts: Row) -> None:
    """Draw the largest circles of a facet, under their parents, and say who is in none."""
    narrow = [circle for circle in circles if not circle["children"]]
    families = len(circles) - len(narrow)
    count = f"{len(narrow)}, the largest {SHOWN}" if len(narrow) > SHOWN else str(len(narrow))
    above = f" in {families} famil{'y' if families == 1 else 'ies'}" if families else ""
    table = Table(
        "circle", "name", "people", "share", "stability", "will share",
        title=f"{word} ({count}){above} — {facts['coverage']:.0%} of people are in one",
        title_justify="left", box=None,
    )  # fmt: skip
    for circle, indent in under_parents(narrow[:SHOWN], circles):
        table.add_row(
            indent + circle["circle_id"], indent + circle["name"], f"{circle['size']:,}",
            f"{circle['share_of_users']:.1%}", "" if circle["children"] else
            graded(circle["stability"]), percent(circle["share_propensity"]),
        )  # fmt: skip
    console.print("\n", table if circles else f"{word}: none", sep="")
    console.print("  in none: " + reasons_sentence(facts["reasons"]))
    if facts["circles"]:
        console.print("  " + shape_sentence(facts))


def under_parents(narrow: list[Row], circles: list[Row]) -> Iterator[tuple[Row, str]]:
    """Circles in the order they came, each after its parent and its siblings, with the indent."""
    by_id = {circle["circle_id"]: circle for circle in circles}
    told: set[str] = set()
    for circle in narrow:
        parent = circle["parent_id"]
        if parent is None:
            yield circle, ""
        elif parent not in told:
            told.add(parent)
            yield by_id[parent], ""
            yield from ((child, "  ") for child in narrow if child["parent_id"] == parent)


def show_crosstab(console: Console, snapshot: Snapshot) -> None:
    """Draw which interests and lifestyles go together most surely."""
    tied = [row for row in snapshot.crosstab() if row["lift"] > 1.0][:CROSSED]
    if not tied:
        return
    table = Table(
        "interest", "lifestyle", "people", "lift", title="Interests and lifestyles that go "
        "together", title_justify="left", box=None,
    )  # fmt: skip
    for row in tied:
        names = (snapshot.circle(row[f"{facet}_circle"])["name"] for facet in FACETS)
        table.add_row(*names, f"{row['people']:,}", f"{row['lift']:.1f}")
    console.print("\n", table, sep="")


def shape_sentence(facts: Row) -> str:
    """How plain the circles are, never without the size of the largest."""
    largest = f"the largest circle holds {facts['largest_share']:.0%} of who could be placed"
    if facts["silhouette"] is None:
        return largest
    return f"silhouette {facts['silhouette']:.2f} (sampled); {largest}"


def reasons_sentence(reasons: Mapping[str, int]) -> str:
    """Why people are in no circle, most frequent first."""
    order = sorted(reasons, key=lambda reason: (-reasons[reason], reason))
    return ", ".join(f"{reasons[name]:,} {name}" for name in order) or "nobody"


def sharing_sentence(facts: Row) -> str:
    """How likely people are to share, and how far that may be trusted."""
    if facts["basis"] != "model":
        return f"\nSharing: {facts['statement']}"
    test = facts["test"]
    return (
        f"\nSharing: {facts['base_rate']:.1%} of exposures were shared. "
        f"On later exposures the scores reach AUC {test['auc']:.2f} "
        f"with a calibration error of {test['ece']:.3f}."
    )


def tier_table(tiers: list[Row]) -> Table:
    """The tiers with their people and one benefit of each kind."""
    table = Table("tier", "people", "material", "spiritual", title="Rights", box=None,
                  title_justify="left")  # fmt: skip
    for tier in tiers:
        named = {benefit["kind"]: benefit["name"] for benefit in reversed(tier["benefits"])}
        people = f"{tier['members']:,}"
        table.add_row(tier["name"], people, named["material"], named["spiritual"])
    return table


def how_many(people: int) -> str:
    """Count people in words."""
    return f"{people:,} {'person' if people == 1 else 'people'}"


def percent(share: float | None) -> str:
    """A share for people."""
    return "unknown" if share is None else f"{share:.1%}"
