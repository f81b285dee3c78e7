"""Compile every kernel and keep it on disk, so that no run waits: `python -m models.kernels`."""

from models.kernels import hashing, learning, placing, radix, windows

__all__ = ["hashing", "learning", "placing", "radix", "windows"]
