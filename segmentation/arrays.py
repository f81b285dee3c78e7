"""Named arrays kept in one file between the stages of a run: npz without pickle."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from segmentation.durable import replacing


def save_arrays(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write arrays under their names, whole or not at all; equal arrays give equal bytes."""
    with replacing(path) as beside, beside.open("wb") as file:
        np.savez(file, allow_pickle=False, **dict(arrays))


def load_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Read back every array of a file."""
    with np.load(path, allow_pickle=False) as file:
        return dict(file)
