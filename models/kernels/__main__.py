"""Compile every kernel and keep it on disk, so that no run waits: `python -m models.kernels`."""

from models.kernels import (
    cascades,
    damping,
    digests,
    echoing,
    foretelling,
    hashing,
    holding,
    learning,
    merging,
    nearness,
    placing,
    radix,
    selecting,
    summing,
    windows,
)

__all__ = [
    "cascades",
    "damping",
    "digests",
    "echoing",
    "foretelling",
    "hashing",
    "holding",
    "learning",
    "merging",
    "nearness",
    "placing",
    "radix",
    "selecting",
    "summing",
    "windows",
]
