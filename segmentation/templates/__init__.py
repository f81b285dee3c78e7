"""The files `coterie init` writes: every setting with its default, and the built-in policy."""

from pathlib import Path

from segmentation.errors import UsageError

TEMPLATES = Path(__file__).parent
NAMES = ("coterie.toml", "rights.toml")


def write_templates(folder: Path) -> list[Path]:
    """Write the settings and the policy file into a folder; files already there are kept safe."""
    taken = [name for name in NAMES if (folder / name).exists()]
    if taken:
        raise UsageError(
            f"{folder / taken[0]} is already there. Move it away or name another folder."
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        (folder / name).write_bytes((TEMPLATES / name).read_bytes())
    return [folder / name for name in NAMES]
