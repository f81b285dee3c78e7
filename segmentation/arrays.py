"""Arrays in files, without pickle: named ones in one npz, or one of them mapped.

numpy reads a file's header with Python's own parser, which in 3.11 fails now and then when
several threads parse at once ("AST constructor recursion depth mismatch"): one reads at a time.
"""

from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from segmentation.durable import replacing

ONE_PARSES = Lock()


def save_arrays(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write arrays under their names, whole or not at all; equal arrays give equal bytes."""
    with replacing(path) as beside, beside.open("wb") as file:
        np.savez(file, allow_pickle=False, **dict(arrays))


def load_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Read back every array of a file."""
    with ONE_PARSES, np.load(path, allow_pickle=False) as file:
        return dict(file)


def map_array(path: Path) -> npt.NDArray[Any]:
    """Map the one array of a file for reading."""
    with ONE_PARSES:
        array: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return array
