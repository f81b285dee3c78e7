"""Every notebook runs on a demo store, and is kept without its outputs."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
COTERIE = Path(sys.executable).with_name("coterie")


@pytest.fixture(scope="module")
def demo_store(tmp_path_factory):
    """A demo just large enough to learn sharing from."""
    store = tmp_path_factory.mktemp("notebook") / "store"
    words = [COTERIE, "demo", "--users", "4000", "--store", store, "--json"]
    subprocess.run(words, check=True, capture_output=True)
    return store


def code_cells(notebook):
    """The cells that run."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs(path):
    """What a cell shows depends on the run, so it is not part of the notebook."""
    cells = code_cells(nbformat.read(path, as_version=4))

    assert cells
    assert not any(cell.outputs or cell.execution_count for cell in cells)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
# jupyter-client warns of its own event loop handling, which a notebook's author cannot mend.
@pytest.mark.filterwarnings("ignore::DeprecationWarning:jupyter_client")
@pytest.mark.filterwarnings("ignore:There is no current event loop:DeprecationWarning")
def test_a_notebook_runs_to_its_end_and_draws(path, demo_store, monkeypatch):
    """No cell fails, and the pictures are there."""
    monkeypatch.setenv("COTERIE_STORE", str(demo_store))
    monkeypatch.setitem(os.environ, "PYTHONWARNINGS", "error::FutureWarning")
    notebook = nbformat.read(path, as_version=4)

    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(FOLDER)}}).execute()

    pictures = [
        output
        for cell in code_cells(notebook)
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) >= 3
