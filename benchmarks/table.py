"""Print results as Markdown: methods are rows, sets or numbers of circles are columns."""

from collections.abc import Callable, Sequence

from benchmarks.results import OURS, UNASKED, Results, spread
from benchmarks.trials import ORACLE, Trial

Cell = Callable[[list[Trial]], str]
NOTHING = "-"


def machine(results: Results) -> str:
    """Describe what was run and where."""
    facts = [f"`{results.command}`", ""]
    facts += [f"- {name}: {value}" for name, value in results.machine.items()]
    seeds = sorted({trial.seed for trial in results.trials})
    return "\n".join([*facts, f"- repeats: {len(seeds)} (seeds {', '.join(map(str, seeds))})"])


def against_truth(results: Results) -> str:
    """Tabulate the sets whose circles are known, every method told how many there are.

    A cell holds the median and, with several seeds, the least and the most.
    """
    cells = {
        "AMI": figure("ami"),
        "circles found": figure("found", "{:.0f}"),
        "overlap F1": figure("f1"),
        "CPU seconds (wall)": cost,
        "peak MiB": memory,
    }
    return "\n\n".join(grid(results, title, cell) for title, cell in cells.items())


def grid(results: Results, title: str, cell: Cell) -> str:
    """Make one table: a row for each method, a column for each set with a truth."""
    sets = [name for name in results.datasets if results.planted(name)]
    heads = [title, *(f"{name} ({results.planted(name)})" for name in sets)]
    rows = []
    for label in (ORACLE, UNASKED, *results.methods):
        trials = [row(results, name, label) for name in sets]
        texts = [
            cell(found) if found else results.why_not(name, label) or NOTHING
            for name, found in zip(sets, trials, strict=True)
        ]
        rows.append([label, *texts])
    return markdown(heads, [row for row in rows if set(row[1:]) != {NOTHING}])


def row(results: Results, dataset: str, label: str) -> list[Trial]:
    """Return the trials a row of the table shows."""
    if label == UNASKED:
        return results.unasked(dataset, OURS)
    return results.told(dataset, label)


def over_counts(results: Results, dataset: str, figure: str, counts: Sequence[int]) -> str:
    """Tabulate a figure of one set over the number of circles, and what methods chose themselves.

    The last columns are the cost of the whole curve.
    """
    rows = []
    for method in results.methods:
        values = [results.at(dataset, method, figure, count) for count in counts]
        own = results.unasked(dataset, method)
        chosen = (
            f"{own[0].figures[figure]:.3f} ({own[0].figures['circles']:.0f})" if own else NOTHING
        )
        trials = [trial for trials in results.of(dataset, method) for trial in trials]
        costs = [cost(trials), memory(trials)] if trials else [NOTHING, NOTHING]
        why = results.why_not(dataset, method)
        texts = [NOTHING if value is None else f"{value:.3f}" for value in values]
        rows.append([method, *texts, chosen, *costs, why])
    heads = [f"{figure}: {dataset}", *map(str, counts), "own choice", "CPU s (wall)", "MiB", ""]
    return markdown(heads, rows)


def figure(name: str, form: str = "{:.3f}") -> Cell:
    """Return how to write one figure of trials."""

    def write(trials: list[Trial]) -> str:
        values = [trial.figures[name] for trial in trials if name in trial.figures]
        if not values:
            return NOTHING
        middle, least, most = spread(values)
        text = form.format(middle)
        return text if len(values) == 1 else f"{text} [{form.format(least)}, {form.format(most)}]"

    return write


def cost(trials: list[Trial]) -> str:
    """Write median CPU and wall seconds."""
    known = [(trial.cpu, trial.wall) for trial in trials if trial.cpu is not None]
    if not known:
        return NOTHING
    cpu, wall = (spread(list(values))[0] for values in zip(*known, strict=True))
    return f"{cpu:.1f} ({wall:.1f})"


def memory(trials: list[Trial]) -> str:
    """Write the largest peak."""
    peaks = [trial.peak_mib for trial in trials if trial.peak_mib is not None]
    return f"{max(peaks):.0f}" if peaks else NOTHING


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write one table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
