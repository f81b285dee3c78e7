"""The command line: `coterie`."""

from segmentation.cli.app import main

__all__ = ["main"]
