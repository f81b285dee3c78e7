"""A run whose circles take evidence from ties."""

from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from segmentation.errors import ConfigError, StoreError
from segmentation.index import Snapshot
from segmentation.progress import Silent
from segmentation.run import RunRequest, segment
from segmentation.store import Store
from segmentation.tables import table_path
from segmentation.update import update
from tests.segmentation.conftest import NOW, settings_for


def asked(population, store, ties):
    """A request for a run with ties that count so much."""
    config = settings_for(population)
    interest = replace(config.facets.interest, ties=ties)
    config = replace(
        config,
        facets=replace(config.facets, interest=interest),
        circles=replace(config.circles, resamples=0),
    )
    return RunRequest(config=config, base=population, store=store, now=NOW)


@pytest.fixture(scope="module")
def ran(population, tmp_path_factory):
    """A store after such a run."""
    store = tmp_path_factory.mktemp("ties") / "store"
    segment(asked(population, store, 0.5), Silent())
    return store


@pytest.fixture(scope="module")
def snapshot(ran):
    """What is live in it."""
    return Snapshot.open(Store(ran).live_folder())


def test_everyone_stands_where_their_tags_and_those_lent_put_them(snapshot):
    """Placed anew from what the snapshot keeps, everybody gets the circle of the table."""
    interest = snapshot.placer.facet("interest")
    members = pq.read_table(table_path(snapshot.folder, "members")).to_pylist()
    primary = {
        row["user_id"]: row["circle_id"]
        for row in members
        if row["facet"] == "interest" and row["rank"] == 1
    }
    users = pq.read_table(table_path(snapshot.folder, "users"))["user_id"].to_pylist()

    assert primary
    for at in range(0, len(users), 7):
        placed = interest.explained(at)["circles"]
        assert (placed[0]["circle_id"] if placed else None) == primary.get(users[at])


def test_an_explanation_tells_lent_tags_from_ones_own(snapshot):
    """And the tags lent are those of people tied to somebody, not asked for in audiences."""
    interest = snapshot.placer.facet("interest")
    lent = np.asarray(interest.people.is_lent)
    at = int(np.searchsorted(interest.people.starts, np.flatnonzero(lent)[0], side="right")) - 1

    told = {row["tag"]: row["is_lent"] for row in interest.explained(at)["contributions"]}

    assert any(told.values())
    assert not all(told.values())
    foreign = next(tag for tag, is_lent in told.items() if is_lent)
    user = pq.read_table(table_path(snapshot.folder, "users"))["user_id"][at].as_py()
    assert user not in set(snapshot.audience(f'tag:"{foreign}"').ids())


def test_events_cannot_be_folded_into_it(ran, population):
    """The error says why, and what to do instead."""
    with pytest.raises(StoreError, match=r"take evidence from ties .* `coterie run`"):
        update(asked(population, ran, 0.5), Silent())


def test_a_part_out_of_bounds_names_its_table(population, tmp_path):
    """Nothing is published."""
    with pytest.raises(ConfigError, match=r"`ties` in \[facets.interest\] cannot be used"):
        segment(asked(population, tmp_path / "store", -0.5), Silent())

    assert not (tmp_path / "store" / "CURRENT").exists()


def test_without_ties_the_setting_changes_nothing(population, tmp_path):
    """No file of edges: the circles of a plain run."""
    runs = []
    for ties in (0.0, 0.5):
        request = asked(population, tmp_path / str(ties), ties)
        without = replace(request.config, input=replace(request.config.input, edges=()))
        segment(replace(request, config=without), Silent())
        live = Store(tmp_path / str(ties)).live_folder()
        runs.append(pq.read_table(table_path(live, "members")))

    assert runs[0].equals(runs[1])
    assert len(runs[0])
