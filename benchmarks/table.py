"""Print results as Markdown: sets are rows, methods are columns."""

from collections.abc import Callable, Sequence
from functools import partial

from benchmarks.results import OURS, UNASKED, Results, spread
from benchmarks.trials import ORACLE, Trial

Cell = Callable[[Results, str, str], str]
NOTHING = "-"
ALONG = ("bits", "tie_lift", "modularity")


def machine(results: Results) -> str:
    """Describe what was run and where."""
    facts = [f"`{results.command}`", ""]
    facts += [f"- {name}: {value}" for name, value in results.machine.items()]
    seeds = sorted({trial.seed for trial in results.trials})
    return "\n".join([*facts, f"- repeats: {len(seeds)} (seeds {', '.join(map(str, seeds))})"])


def tables(results: Results, counts: Sequence[int]) -> str:
    """Tabulate all there is.

    Where the circles are known every method is told their number, and a cell holds the median
    and, with several seeds, the least and the most. Elsewhere it holds a figure at each of
    `counts` circles.
    """
    known = [name for name in results.datasets if results.planted(name)]
    unknown = [name for name in results.datasets if not results.planted(name)]
    shown = [
        grid(results, "AMI", known, partial(told, name="ami")),
        grid(results, "circles found", known, partial(told, name="found", form="{:.0f}")),
        grid(results, "overlap F1", known, partial(told, name="f1")),
        grid(results, "tie lift", known, partial(told, name="tie_lift", form="{:.2f}")),
    ]
    for figure in ALONG:
        title = f"{figure} at {', '.join(map(str, counts))} circles"
        shown.append(grid(results, title, unknown, partial(curve, name=figure, counts=counts)))
    shown.append(grid(results, "CPU seconds (wall) a fit", [*known, *unknown], cost))
    shown.append(grid(results, "peak MiB", [*known, *unknown], memory))
    return "\n\n".join(table for table in shown if table)


def grid(results: Results, title: str, sets: Sequence[str], cell: Cell) -> str:
    """Make one table without the rows and columns that would be empty; '' if all would be."""
    labels = (ORACLE, UNASKED, *results.methods)
    cells = {(label, name): cell(results, name, label) for label in labels for name in sets}
    filled = [name for name in sets if any(cells[label, name] for label in labels)]
    columns = [
        [label, *(cells[label, name] or why_not(results, name, label) for name in filled)]
        for label in labels
    ]
    shown = [column for column in columns if set(column[1:]) != {NOTHING}]
    heads = [title, *(named(results, name) for name in filled)]
    head, *rows = (list(line) for line in zip(heads, *shown, strict=True))
    return markdown(head, rows) if filled else ""


def named(results: Results, dataset: str) -> str:
    """Name a set, with the number of its circles where it is known."""
    planted = results.planted(dataset)
    return f"{dataset} ({planted})" if planted else dataset


def why_not(results: Results, dataset: str, label: str) -> str:
    """Say why a cell is empty."""
    return results.why_not(dataset, label) or NOTHING


def row(results: Results, dataset: str, label: str) -> list[Trial]:
    """Return the trials a row of the table shows: one a seed where circles are known, else all."""
    if label == UNASKED:
        return results.unasked(dataset, OURS)
    if results.planted(dataset):
        return results.told(dataset, label)
    return [trial for trials in results.of(dataset, label) for trial in trials]


def told(results: Results, dataset: str, label: str, *, name: str, form: str = "{:.3f}") -> str:
    """Write the median of a figure, and its spread if there are several seeds."""
    trials = row(results, dataset, label)
    values = [trial.figures[name] for trial in trials if name in trial.figures]
    if not values:
        return ""
    middle, least, most = (form.format(value) for value in spread(values))
    return middle if len(values) == 1 else f"{middle} [{least}, {most}]"


def curve(results: Results, dataset: str, label: str, *, name: str, counts: Sequence[int]) -> str:
    """Write a figure at each number of circles; of the unasked, the median and its number."""
    if label == UNASKED:
        own = [t for t in results.unasked(dataset, OURS) if name in t.figures]
        if not own:
            return ""
        value, circles = (spread([t.figures[each] for t in own])[0] for each in (name, "circles"))
        return f"{value:.3f} ({circles:.0f})"
    values = [results.at(dataset, label, name, count) for count in counts]
    if not any(value is not None for value in values):
        return ""
    return " ".join(NOTHING if value is None else f"{value:.3f}" for value in values)


def cost(results: Results, dataset: str, label: str) -> str:
    """Write median CPU and wall seconds of a fit."""
    known = [(t.cpu, t.wall) for t in row(results, dataset, label) if t.cpu is not None]
    if not known:
        return ""
    cpu, wall = (spread(list(values))[0] for values in zip(*known, strict=True))
    return f"{cpu:.1f} ({wall:.1f})"


def memory(results: Results, dataset: str, label: str) -> str:
    """Write the largest peak."""
    peaks = [t.peak_mib for t in row(results, dataset, label) if t.peak_mib is not None]
    return f"{max(peaks):.0f}" if peaks else ""


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write one table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
