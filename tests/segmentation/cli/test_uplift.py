"""Whom a right moves, from a campaign's file."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from segmentation.cli.app import main
from segmentation.store import Store
from tests.service.stores import RUNS, fill

PEOPLE = 4000


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Two runs over the same people."""
    return fill(tmp_path_factory.mktemp("uplift") / "store", RUNS[:2], users=PEOPLE)


@pytest.fixture
def coterie(store, capsys):
    """Run one command and read its answer."""

    def run(*words):
        with pytest.raises(SystemExit) as ended:
            main([*words, "--store", str(store), "--json"])
        run.code = ended.value.code
        run.said = capsys.readouterr()
        return json.loads(run.said.out or "{}")

    return run


@pytest.fixture(scope="module")
def campaign(store, tmp_path_factory):
    """Half of the people treated by lot; it moves those who would come back."""
    users = Store(store).table(RUNS[0], "users")
    rng = np.random.default_rng(0)
    moved = np.nan_to_num(users["stickiness"].to_numpy()) > 0.5
    treated = rng.random(PEOPLE) < 0.5
    outcome = rng.normal(size=PEOPLE) + 1.5 * moved * treated
    file = tmp_path_factory.mktemp("outcomes") / "spring.csv"
    rows = zip(users["user_id"].to_pylist(), treated, outcome, strict=True)
    lines = [f"{user},{int(arm)},{value:.6f}" for user, arm, value in rows]
    file.write_text("\n".join(["user_id,treated,outcome", *lines]), encoding="utf-8")
    return file


def test_it_finds_whom_the_treatment_moves(coterie, campaign):
    """Better than by lot, and calibrated."""
    facts = coterie("lift", "uplift", "--outcomes", str(campaign), "--before", RUNS[0])

    assert facts["people"] == PEOPLE
    assert facts["tells_apart"]
    assert facts["qini"] > 1.645 * facts["qini_error"]
    assert 0.8 <= facts["slope"] <= 1.2


def test_everyone_in_the_live_run_is_told(coterie, campaign, store, tmp_path):
    """By what that run knows of them."""
    out = tmp_path / "uplift.parquet"

    coterie("lift", "uplift", "--outcomes", str(campaign), "--before", RUNS[0], "--out", str(out))

    told, live = pq.read_table(out), Store(store).table(RUNS[1], "users")
    uplift, comes_back = told["uplift"].to_numpy(), live["stickiness"].to_numpy() > 0.5
    assert told["user_id"].equals(live["user_id"])
    assert uplift[comes_back].mean() > uplift[~comes_back].mean() + 1.0


def test_people_the_run_did_not_know_are_an_error(coterie, tmp_path):
    """It says how many it knew."""
    file = tmp_path / "strangers.csv"
    file.write_text("user_id,treated,outcome\nnobody,1,2\nnoone,0,1\n", encoding="utf-8")

    coterie("lift", "uplift", "--outcomes", str(file), "--before", RUNS[0])

    assert coterie.code == 2
    assert "knows 0" in coterie.said.err
