"""The command line: `coterie`."""

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command."""
    from segmentation.cli.app import main as run  # a server's workers import this file for nothing

    run(arguments)
