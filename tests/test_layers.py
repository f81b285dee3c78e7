"""Imports run one way: models <- segmentation <- service."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAY_IMPORT = {
    "models": {"models"},
    "segmentation": {"models", "segmentation"},
    "service": {"models", "segmentation", "service"},
}
HEAVY = {"sklearn", "hdbscan", "duckdb", "pandas", "numba"}
FILES = [
    path.relative_to(ROOT) for layer in MAY_IMPORT for path in sorted((ROOT / layer).rglob("*.py"))
]


def imported(path: Path) -> set[str]:
    """The top-level names a file imports anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("path", FILES, ids=str)
def test_no_arrow_points_back(path):
    """A layer imports itself and the layers below it, nothing above."""
    own = imported(ROOT / path) & set(MAY_IMPORT)

    assert own <= MAY_IMPORT[path.parts[0]]


@pytest.mark.parametrize("path", [path for path in FILES if path.parts[0] == "service"], ids=str)
def test_the_service_loads_no_clustering_library(path):
    """The slim image has none of the heavy packages."""
    assert not imported(ROOT / path) & HEAVY


@pytest.mark.parametrize("path", [path for path in FILES if path.parts[0] == "models"], ids=str)
def test_models_know_nothing_of_the_world(path):
    """Arithmetic opens no file, reads no clock and no environment."""
    assert not imported(ROOT / path) & {"os", "pathlib", "io", "time", "logging"}
