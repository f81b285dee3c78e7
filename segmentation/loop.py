"""The loop: how people move through the stages, and where that leads."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.flywheel import Motion, Projection, Rates, motion, project_band, weight_of
from models.lifecycle import MAPPINGS, STAGES, stage_counts
from segmentation.lifecycle import Lifecycle

FloatArray = NDArray[np.float64]
ROTATIONS = 12
ADVOCATE = STAGES.index("advocate")


@dataclass(frozen=True)
class FlywheelReport:
    """The loop in figures: stages, motion, rates and where they lead."""

    lifecycle: Lifecycle
    motion: Motion | None
    weight: float
    rates: Rates | None
    k_factor: float | None
    projection: Projection | None

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON; None stands for what could not be measured."""
        moved = self.motion
        return {
            "stages": self._stages(),
            "speed": moved.speed if moved else None,
            "friction": moved.friction if moved else None,
            "weight": self.weight,
            "momentum": moved.momentum if moved else None,
            "k_factor": self.k_factor,
            "rates": self._rates(),
            "projection": self._projection(),
            "transitions": {
                "against": self.lifecycle.against,
                "before": [*STAGES, "newcomer"],
                "after": [*STAGES, "gone"],
                "counts": self.lifecycle.transitions.counts.tolist(),
                "shares": self.lifecycle.transitions.shares.tolist(),
            },
            "mappings": MAPPINGS,
            "basis": {
                "window_days": self.lifecycle.window_days if self.lifecycle.earlier else None,
                "windows": "rolling" if self.lifecycle.earlier else "one: no times in the source",
                "acts": self.lifecycle.acts,
            },
        }

    def _stages(self) -> list[dict[str, Any]]:
        counts = stage_counts(self.lifecycle.now.stage)
        rows: list[dict[str, Any]] = [
            {"stage": name, "people": int(count), "share": float(count / max(counts.sum(), 1))}
            for name, count in zip(STAGES, counts, strict=True)
        ]
        for rank, row in enumerate(rows):
            row["speed"] = known(self.motion.speed_by_stage[rank]) if self.motion else None
            row["friction"] = known(self.motion.friction_by_stage[rank]) if self.motion else None
        return rows

    def _rates(self) -> dict[str, float | None]:
        if self.rates is None:
            return dict.fromkeys(("engaged", "advocacy", "referrals", "persistence"))
        return {
            "engaged": float(self.rates.engaged),
            "advocacy": self.rates.advocacy,
            "referrals": None if self.k_factor is None else self.rates.referrals,
            "persistence": self.rates.persistence,
        }

    def _projection(self) -> dict[str, Any] | None:
        if self.projection is None:
            return None
        return {
            "rotation_days": self.lifecycle.window_days,
            "level": 0.8,
            "expected": self.projection.expected.tolist(),
            "low": self.projection.low.tolist(),
            "high": self.projection.high.tolist(),
        }


def flywheel_report(
    lifecycle: Lifecycle, *, value: FloatArray, k_factor: float | None, seed: int = 0
) -> FlywheelReport:
    """Measure the loop's motion and rates; K is the new people each engaged person brings."""
    now, earlier = lifecycle.now, lifecycle.earlier
    weight = weight_of(now.stage, value=value)
    if earlier is None:
        return FlywheelReport(lifecycle, None, weight, None, k_factor, None)
    moved = motion(
        earlier.stage,
        now.stage,
        active_before=earlier.active,
        active_after=now.active,
        value=value,
        days=lifecycle.window_days,
    )
    engaged, advocates = int(now.active.sum()), int((now.stage == ADVOCATE).sum())
    rates = Rates(
        engaged=engaged,
        advocates=advocates,
        referred=(k_factor or 0.0) * engaged if advocates else 0.0,
        engaged_before=int(earlier.active.sum()),
        stayed=int((earlier.active & now.active).sum()),
    )
    ahead = project_band(rates, rotations=ROTATIONS, seed=seed) if k_factor is not None else None
    return FlywheelReport(lifecycle, moved, weight, rates, k_factor, ahead)


def known(number: float) -> float | None:
    """Return a number, or None for NaN."""
    return None if np.isnan(number) else float(number)
