"""A run killed in any stage goes on where it was, and never shows half a result."""

import subprocess
import sys
from pathlib import Path

import pytest

from segmentation.simulator import simulate
from segmentation.stages import STAGES
from segmentation.store import Store

DRIVER = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from segmentation import run, store
from segmentation.progress import Silent
from tests.segmentation.conftest import NOW, settings_for

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def fatal(work):
    def work_then_die(context, advance):
        work(context, advance)
        die()
    return work_then_die

data, path, point, resume = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4] == "1"
stages = tuple(
    replace(stage, work=fatal(stage.work)) if stage.name == point else stage for stage in run.STAGES
)
if point in ("adopt", "publish"):
    before = getattr(store.Store, point)
    def then_die(*arguments, **named):
        before(*arguments, **named)
        die()
    setattr(store.Store, point, then_die)
request = run.RunRequest(
    config=settings_for(data), base=data, store=path, now=NOW, resume=resume
)
run.segment(request, Silent(), stages=stages)
"""
POINTS = [*(stage.name for stage in STAGES), "adopt", "publish"]
ROOT = Path(__file__).resolve().parents[1]


def drive(data, store, point, resume):
    """Run the pipeline in a process that kills itself at a point."""
    words = [sys.executable, "-c", DRIVER, data, store, point, "1" if resume else "0"]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def population(tmp_path_factory):
    """A few simulated people."""
    folder = tmp_path_factory.mktemp("kill")
    simulate(400, folder, seed=2)
    return folder


def test_a_run_killed_in_every_stage_ends_as_if_it_never_was(population, tmp_path):
    """Each process dies with its stage's work done and not recorded; the next one resumes."""
    whole, torn = Store(tmp_path / "whole"), Store(tmp_path / "torn")
    drive(population, whole.path, "nowhere", False)

    for number, point in enumerate(POINTS):
        done = drive(population, torn.path, point, number > 0)
        assert done.returncode == -9, (point, done.stderr)
        assert (torn.current() is None) == (point != "publish"), point
    last = drive(population, torn.path, "nowhere", True)

    assert last.returncode == 0, last.stderr
    assert torn.current() == whole.current()
    assert not list(torn.work_folder.iterdir())
    for what in ("members", "users", "circles", "tiers", "lineage"):
        assert whole.table(whole.current(), what).equals(torn.table(torn.current(), what)), what
