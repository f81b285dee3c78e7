"""The trials of one run of the table, kept as JSON, and what is read off them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

import numpy as np

from benchmarks.trials import OK, ORACLE, Trial

OURS = "Coterie"
UNASKED = "Coterie, unasked"


@dataclass(frozen=True, eq=False)
class Results:
    """What was run, on which machine, and every trial."""

    machine: dict[str, str]
    command: str
    trials: list[Trial] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """Write everything as JSON, a trial a line."""
        lines = ",\n".join(json.dumps(asdict(trial)) for trial in self.trials)
        head = f'{{"machine": {json.dumps(self.machine)},\n"command": {json.dumps(self.command)},'
        path.write_text(f'{head}\n"trials": [\n{lines}\n]}}\n', encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        told = json.loads(path.read_text(encoding="utf-8"))
        return cls(told["machine"], told["command"], [Trial(**each) for each in told["trials"]])

    @classmethod
    def merged(cls, parts: Sequence[Self]) -> Self:
        """Put several runs together; of the same method on the same set the last one counts."""
        last = {key(trial): part for part in parts for trial in part.trials}
        trials = [t for part in parts for t in part.trials if last[key(t)] is part]
        command = "; ".join(dict.fromkeys(part.command for part in parts))
        return cls(parts[-1].machine, command, trials)

    @property
    def datasets(self) -> list[str]:
        """Names of the sets, in the order they were run."""
        return list(dict.fromkeys(trial.dataset for trial in self.trials))

    @property
    def methods(self) -> list[str]:
        """Names of the methods, in the order they were run; no oracle among them."""
        ran = dict.fromkeys(trial.method for trial in self.trials)
        return [method for method in ran if method != ORACLE]

    def of(self, dataset: str, method: str) -> list[list[Trial]]:
        """Return the finished trials of a method on a set, one list for each seed."""
        chosen = [
            t for t in self.trials if (t.dataset, t.method, t.status) == (dataset, method, OK)
        ]
        return [[t for t in chosen if t.seed == seed] for seed in sorted({t.seed for t in chosen})]

    def why_not(self, dataset: str, method: str) -> str:
        """Say why a method has no result on a set, '' if it has all."""
        failed = [t for t in self.trials if (t.dataset, t.method) == (dataset, method)]
        return next((t.status for t in failed if t.status != OK), "")

    def planted(self, dataset: str) -> int | None:
        """Return how many circles a set has, None if nobody knows."""
        return next((t.planted for t in self.trials if t.dataset == dataset), None)

    def told(self, dataset: str, method: str) -> list[Trial]:
        """Return for each seed the trial told the planted number of circles.

        Of a method that cannot be told, it is the one whose number comes nearest.
        """
        count = self.planted(dataset)
        return [nearest(trials, count) for trials in self.of(dataset, method)] if count else []

    def unasked(self, dataset: str, method: str) -> list[Trial]:
        """Return for each seed what a method chose by itself; nothing if it cannot."""
        chosen = [[t for t in trials if t.asked is None][:1] for trials in self.of(dataset, method)]
        return [trial for trials in chosen for trial in trials]

    def at(self, dataset: str, method: str, figure: str, count: int) -> float | None:
        """Return a figure at `count` circles, the median over seeds; None if a method has none.

        Between two numbers of circles it is interpolated along the logarithm. Asked for more than
        it has, a method keeps the most it has; fewer than its fewest it cannot give.
        """
        curves = [curve(trials, figure) for trials in self.of(dataset, method)]
        values = [np.interp(np.log(count), x, y, left=np.nan) for x, y in curves if len(x)]
        known = [value for value in values if not np.isnan(value)]
        return float(np.median(known)) if known else None


def key(trial: Trial) -> tuple[str, str, int]:
    """What a trial is of."""
    return trial.dataset, trial.method, trial.seed


def nearest(trials: list[Trial], count: int) -> Trial:
    """Return the trial told `count`, else the one with the nearest number of circles."""
    asked = [trial for trial in trials if trial.asked == count]
    return min(asked or trials, key=lambda t: abs(np.log(max(t.figures["circles"], 0.5) / count)))


def curve(trials: Iterable[Trial], figure: str) -> tuple[list[float], list[float]]:
    """Return logarithms of numbers of circles, increasing, and the best figure at each."""
    best: dict[float, float] = {}
    for trial in trials:
        circles = trial.figures["circles"]
        if circles >= 1 and figure in trial.figures:
            best[circles] = max(best.get(circles, -np.inf), trial.figures[figure])
    counts = sorted(best)
    return list(np.log(counts)), [best[each] for each in counts]


def spread(values: list[float]) -> tuple[float, float, float]:
    """Return median, least and most."""
    return float(np.median(values)), min(values), max(values)
