"""Every benchmark can be started, and the page of figures has its command."""

import importlib
from pathlib import Path

import pytest

import benchmarks

FOLDER = Path(benchmarks.__file__).parent
INNER = {"attempt"}
"""Started by others."""
COMMANDS = sorted(
    path.stem for path in FOLDER.glob("*.py") if "ArgumentParser(" in path.read_text("utf-8")
)


def test_there_are_many():
    """The search for them works."""
    assert {"peers", "speed", "bulk"} <= set(COMMANDS)


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - INNER))
def test_what_it_imports_is_there_and_it_tells_its_command(name):
    """So that anyone can repeat a figure."""
    module = importlib.import_module(f"benchmarks.{name}")

    assert f"benchmarks.{name}" in (module.__doc__ or "")
    assert f"benchmarks.{name}" in (FOLDER / "README.md").read_text("utf-8")
