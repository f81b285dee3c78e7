"""How the wheel would have foretold windows that are over."""

from dataclasses import dataclass

import numpy as np

from models.flows import Flows
from models.rotation import FIGURES, figures_of, fit_wheel, project_wheel


@dataclass(frozen=True)
class Tested:
    """Figures of past windows foretold from those before, and how many lay in their band."""

    figures: int
    inside: int


def back_test(flows: Flows, *, ahead: int = 3, fewest: int = 4, seed: int = 0) -> Tested:
    """Foretell windows that are over from those before them, up to `ahead` rotations."""
    hits: list[bool] = []
    counts, entered = flows.counts, flows.entered.sum(axis=1)
    for origin in range(fewest, len(flows.moves)):
        wheel = fit_wheel(flows.until(origin))
        turns = min(ahead, len(flows.moves) - origin)
        told = project_wheel(wheel, rotations=turns + 1, seed=seed, draws=400)
        for turn in range(1, turns + 1):
            now = counts[origin - 1 + turn].astype(np.float64)
            true = figures_of(now, wheel.start, float(entered[origin : origin + turn].sum()))
            for figure, value in zip(FIGURES, true, strict=True):
                hits.append(bool(told[figure].low[turn] <= value <= told[figure].high[turn]))
    return Tested(len(hits), sum(hits))
