"""Which edition of the program makes a run, so that no run is made half by one, half by another."""

import hashlib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("models", "segmentation")
APART = ROOT / "segmentation" / "cli"
"""What only asks for runs and shows them."""


@cache
def edition() -> str:
    """A short hash of all code that has a part in what a run finds and saves on its way."""
    digest = hashlib.sha256()
    for path in sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py")):
        if not path.is_relative_to(APART):
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
