"""What a run learned of sharing, as its snapshot keeps it: a model, or the crowd's rate alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.evidence import FEATURES
from models.reasons import usual_log_odds
from models.sharemodel import ShareModel
from segmentation.arrays import load_arrays, save_arrays
from segmentation.errors import StoreError
from segmentation.manifest import read_json, write_json
from segmentation.resonance import FOLDER

LEVEL = 0.8
"""How often the bounds of an answer hold the true probability."""


@dataclass(frozen=True, eq=False)
class Learned:
    """What answers are given by: a model, or the crowd's rate alone where `model` is None.

    `crowd` holds the crowd's rate as mean, low and high. `spread` says how far users and contents
    differ beyond what is known of them, as in `ShareModel`.
    """

    basis: str
    crowd: tuple[float, float, float]
    spread: npt.NDArray[np.float64]
    model: ShareModel | None

    @property
    def base_log_odds(self) -> float | None:
        """What reasons are added to; None where there is no model and so no reason."""
        return None if self.model is None else usual_log_odds(self.model)


def keep_learned(folder: Path, learned: Learned) -> None:
    """Write a model as arrays and the rest as JSON; equal models give equal bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"basis": learned.basis, "crowd": learned.crowd, "features": FEATURES}
    write_json(folder / "model.json", facts | {"spread": learned.spread.tolist()})
    if learned.model is not None:
        save_arrays(folder / "model.npz", learned.model.to_arrays())


def read_learned(snapshot: Path) -> Learned:
    """Read what a snapshot learned of sharing.

    Raises
    ------
    StoreError
        When the snapshot kept nothing, or a model of other features than this Coterie counts.
    """
    folder = snapshot / FOLDER
    if not (folder / "model.json").exists():
        raise StoreError(
            f"The run {snapshot.name} was made before models of sharing were kept. "
            "Make a run; it can be asked then."
        )
    told: dict[str, Any] = read_json(folder / "model.json")
    if tuple(told["features"]) != FEATURES:
        raise StoreError(
            f"The model of run {snapshot.name} reads other features than this Coterie counts. "
            "Make a run with this version."
        )
    path = folder / "model.npz"
    return Learned(
        basis=told["basis"],
        crowd=tuple(told["crowd"]),
        spread=np.array(told["spread"], dtype=np.float64),
        model=ShareModel.from_arrays(load_arrays(path)) if path.exists() else None,
    )
