"""Every notebook runs, on a demo store and on results of a small benchmark, and draws."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from traitlets import default

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
COTERIE = Path(sys.executable).with_name("coterie")
PICTURES = {
    "01_quickstart": {"picture", "calibration", "rights", "reasons"},
    "03_social_currency": {"calibration", "currency", "selves", "resonance", "spread"},
    "02_circles_against_peers": {"quality", "map", "places", "stability", "levels"},
    "04_flywheel": {"stages", "windows", "circles", "ahead", "leverage"},
}
WITH_OUTPUTS = {
    "02_circles_against_peers",  # what it shows took hours to measure
    "03_social_currency",  # it shows a demo of 8,000 people, enough to learn sharing from
    "04_flywheel",  # it shows a year and a half, and the demo is of three months
}
SMALL = "--users 600 --methods Coterie k-means --sets topics_4 --threads 1"
every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def demo_store(tmp_path_factory):
    """The demo of a few people, made as a user makes it."""
    store = tmp_path_factory.mktemp("notebook") / "store"
    words = [COTERIE, "demo", "--users", "800", "--store", store, "--json"]
    subprocess.run(words, check=True, capture_output=True)
    return store


@pytest.fixture(scope="module")
def small_results(tmp_path_factory):
    """A benchmark of a few people, run as a user runs it."""
    path = tmp_path_factory.mktemp("results") / "results.json"
    words = [sys.executable, "-m", "benchmarks.peers", *SMALL.split(), "--out", path]
    subprocess.run(words, check=True, capture_output=True, cwd=FOLDER.parent)
    return path


def code_cells(notebook):
    """The cells that run."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


class ThisPython(AsyncKernelManager):
    """Kernels of the Python that runs the tests, whatever others the machine has registered."""

    @default("kernel_spec_manager")
    def _nothing_registered(self):
        return KernelSpecManager(kernel_dirs=[], ensure_native_kernel=True)


def executed(path):
    """Run a notebook from where it lies and return it with its outputs."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        kernel_name="python3",
        kernel_manager_class=ThisPython,
        timeout=300,
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    return notebook


def test_there_are_notebooks():
    """A folder moved away must not pass for notebooks that run."""
    assert NOTEBOOKS


@every_notebook
def test_a_notebook_is_kept_with_outputs_if_they_are_a_record(path):
    """What a cell shows depends on the run, so it is kept only where the run is the point."""
    cells = code_cells(nbformat.read(path, as_version=4))

    ran = [cell for cell in cells if cell.outputs or cell.execution_count is not None]
    assert cells
    assert ran == (cells if path.stem in WITH_OUTPUTS else [])
    assert path.stat().st_size < 600_000


@every_notebook
def test_a_notebook_is_valid_and_names_its_cells(path):
    """Ids given by hand stay the same from one edit to the next."""
    notebook = nbformat.read(path, as_version=4)

    nbformat.validate(notebook)

    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert all(id.replace("-", "").isalpha() for id in ids)


@every_notebook
def test_a_notebook_runs_to_its_end_and_draws(path, demo_store, small_results, monkeypatch):
    """No cell fails, and each cell that draws shows its picture."""
    monkeypatch.setenv("COTERIE_STORE", str(demo_store))
    monkeypatch.setenv("COTERIE_RESULTS", str(small_results))
    monkeypatch.setenv("COTERIE_PEOPLE", "800")
    monkeypatch.setenv("PYTHONWARNINGS", "error::FutureWarning")

    cells = code_cells(executed(path))

    outputs = [(cell.id, output) for cell in cells for output in cell.outputs]
    assert all(cell.execution_count for cell in cells)
    assert not [output for _, output in outputs if output.output_type == "error"]
    drawn = {id for id, output in outputs if "image/png" in output.get("data", {})}
    assert drawn == PICTURES[path.stem]


@every_notebook
def test_a_notebook_says_what_to_do_without_its_input(path, tmp_path, monkeypatch):
    """The error names what is not there and the command that makes it."""
    for name in ("COTERIE_STORE", "COTERIE_RESULTS"):
        monkeypatch.setenv(name, str(tmp_path / "nothing"))

    with pytest.raises(CellExecutionError, match=r"nothing`\. Run `(make|python) "):
        executed(path)
