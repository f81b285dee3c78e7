"""Compile every kernel and keep it on disk, so that no run waits: `python -m models.kernels`."""

from models.kernels import (
    digests,
    hashing,
    learning,
    merging,
    nearness,
    placing,
    radix,
    summing,
    windows,
)

__all__ = [
    "digests",
    "hashing",
    "learning",
    "merging",
    "nearness",
    "placing",
    "radix",
    "summing",
    "windows",
]
