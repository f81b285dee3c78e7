"""The loop drawn in the terminal."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

Row = Mapping[str, Any]
BAR, WIDE, BANDED, SPARKS = 30, 40, 14, "▁▂▃▄▅▆▇█"
RUNS_SHOWN = 6
SHOWN = ("speed", "friction", "momentum", "k_factor")
BOUNDS = ("low", "expected", "high")
FIGURES = ("speed", "friction", "weight", "momentum", "k_factor")
COUNTED = 1_000


def draw_flywheel(facts: Row) -> None:
    """Draw the stages, the figures of the loop, its windows and how it went from run to run."""
    console = Console(highlight=False)
    console.print(heading(facts))
    console.print(stage_table(facts["stages"]))
    console.print(figures_sentence(facts))
    if facts["mapping"] != "flywheel":
        return
    for line in window_lines(facts["windows"]):
        console.print(line)
    if len(facts["trend"]) > 1:
        console.print(trend_table(facts["trend"][-RUNS_SHOWN:]))


def heading(facts: Row) -> str:
    """How many people turn, and in whose words."""
    words = "" if facts["mapping"] == "flywheel" else f" in the words of {facts['mapping']}"
    engaged = facts["rates"]["engaged"]
    if engaged is None:
        return f"Flywheel of {facts['people']:,} people{words}"
    days = facts["basis"]["window_days"]
    return (
        f"Flywheel of {facts['people']:,} people{words}; "
        f"{engaged:,.0f} were active in the last {days:g} days"
    )


def stage_table(stages: Sequence[Row], *, title: str | None = None) -> Table:
    """The people by stage, and what share of them moved on or was lost."""
    table = Table("stage", "people", "share", "", "move on", "are lost", title=title, box=None,
                  title_justify="left")  # fmt: skip
    for stage in stages:
        table.add_row(
            stage["stage"],
            f"{stage['people']:,}",
            f"{stage['share']:.1%}",
            "█" * round(BAR * stage["share"]),
            percent(stage["speed"]),
            percent(stage["friction"]),
        )
    return table


def figures_sentence(facts: Row) -> str:
    """Speed, friction, weight, momentum and K in one line; what is not known is left out."""
    parts: dict[str, Callable[[float], str]] = {
        "speed": lambda value: f"speed {value:.1%} a month",
        "friction": lambda value: f"friction {value:.1%}",
        "weight": lambda value: f"weight {value:.2f}",
        "momentum": lambda value: f"momentum {value:.3f}",
        "k_factor": lambda value: f"K {value:.3f}",
        "cycle_days": lambda value: f"cycle {value:.1f} days",
    }
    return " · ".join(say(facts[name]) for name, say in parts.items() if facts[name] is not None)


def window_lines(windows: Sequence[Row]) -> list[str]:
    """How the loop turned in the windows of the history, a line for each figure."""
    if len(windows) < 2:
        return []
    lines = [f"Over {len(windows)} windows"]
    for name in ("active", "newcomers", "speed", "friction"):
        values = [row[name] for row in windows]
        known = [value for value in values if value is not None]
        if known:
            say = percent if name in ("speed", "friction") else "{:,}".format
            lines.append(f" {name:<10}{spark(values)}  {say(known[0])} to {say(known[-1])}")
    return lines


def spark(values: Sequence[float | None]) -> str:
    """Values as blocks of eight heights, from nought to the largest; a gap where none is known."""
    most = max((value for value in values if value is not None), default=0) or 1
    return "".join(
        " " if value is None else SPARKS[min(int(8 * value / most), 7)] for value in values
    )


def trend_table(trend: Sequence[Row]) -> Table:
    """The loop as the last runs measured it."""
    table = Table("run", "people", "active", *map(spaced, FIGURES), title="From run to run",
                  box=None, title_justify="left")  # fmt: skip
    for row in trend:
        table.add_row(
            (row["as_of"] or row["run_id"])[:10],
            f"{row['people']:,}",
            "" if row["active"] is None else f"{row['active']:,}",
            *(figure(name, row[name]) for name in FIGURES),
        )
    return table


def draw_circles(rows: Sequence[Row]) -> None:
    """Draw the loop by circle."""
    table = Table(box=None)
    for name in ("circle", "name", "people", *map(spaced, SHOWN), "stages"):
        table.add_column(name, no_wrap=name != "name")
    for row in rows:
        table.add_row(
            row["circle_id"],
            row["name"],
            f"{row['people']:,}",
            *(figure(name, row[name]) for name in SHOWN),
            spark([stage["share"] for stage in row["stages"]]),
        )
    console = Console(highlight=False)
    console.print(table if rows else "The run found no circle.")


def draw_projection(facts: Row) -> None:
    """Draw a bar a rotation; what lies inside the band is shaded."""
    has_band = facts.get("low") is not None
    table = Table(box=None)
    bands = ("4 in 5 within", "active", "4 in 5 within") if has_band else ()
    for name in ("rotation", "engaged", *bands, ""):
        table.add_column(name, no_wrap=True)
    most = max([1e-9, *(facts["active"]["high"] if has_band else facts["engaged"])])
    for at, engaged in enumerate(facts["engaged"]):
        if has_band:
            course = {"expected": facts["engaged"], "low": facts["low"], "high": facts["high"]}
            cells = [*between(course, at), *between(facts["active"], at)]
            bar = banded(*(facts["active"][bound][at] for bound in BOUNDS), scale=BANDED / most)
        else:
            cells, bar = [f"{engaged:,.2f}"], "█" * round(WIDE * engaged / most)
        table.add_row(str(at + 1), *cells, bar)
    console = Console(highlight=False)
    console.print(table)
    if has_band:
        rates = {name: value for name, value in facts["rates"].items() if value is not None}
        console.print("with", ", ".join(f"{name} {counted(rates[name])}" for name in rates))


def counted(rate: float) -> str:
    """A rate to four digits, or a number of people in full."""
    return f"{rate:,.0f}" if rate >= COUNTED else f"{rate:.4g}"


def between(course: Row, at: int) -> tuple[str, str]:
    """A figure at one rotation, and its band."""
    low, high = course["low"][at], course["high"][at]
    return f"{course['expected'][at]:,.0f}", f"{low:,.0f} to {high:,.0f}"


def banded(low: float, expected: float, high: float, *, scale: float) -> str:
    """A bar to the lower bound, shaded to what is expected and lighter to the upper bound."""
    ends = [round(scale * value) for value in (low, expected, high)]
    return "█" * ends[0] + "▓" * (ends[1] - ends[0]) + "░" * (ends[2] - ends[1])


def figure(name: str, value: float | None) -> str:
    """A figure of the loop for people."""
    if value is None:
        return ""
    return f"{value:.1%}" if name in ("speed", "friction") else f"{value:.3f}"


def spaced(name: str) -> str:
    """A figure's name as a heading."""
    return "K" if name == "k_factor" else name


def percent(share: float | None) -> str:
    """A share for people; nothing where it is not known."""
    return "" if share is None else f"{share:.1%}"
