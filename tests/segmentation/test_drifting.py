"""What shifted between two runs, read from their snapshots."""

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from scipy import sparse

from segmentation.compare import compare_runs
from segmentation.drifting import State, drift_between, drift_of
from segmentation.records import overlay
from segmentation.simulator import simulate
from segmentation.store import Store
from tests.segmentation.conftest import NOW, settings_for


def quick(folder):
    """Settings without resamples."""
    return overlay(settings_for(folder), {"circles": {"resamples": 0}}, "the test")


@pytest.fixture(scope="module")
def runs(run_once, tmp_path_factory):
    """Three runs: people, other people of the same kind, and those with a theme in fashion."""
    store = Store(tmp_path_factory.mktemp("drift") / "store")
    made = []
    for hour, seed in enumerate((11, 11, 11)):
        folder = tmp_path_factory.mktemp("people")
        simulate(1500, folder, seed=seed)
        if hour:
            thinned(folder / "events.parquet", seed=hour)
        if hour == 2:
            in_fashion(folder / "events.parquet")
        now = NOW + timedelta(hours=hour)
        made.append(run_once(folder, store.path, config=quick(folder), now=now).run_id)
    return store, made


def thinned(path, *, seed):
    """Leave out a tenth of the events by chance."""
    events = pq.read_table(path)
    kept = np.random.default_rng(seed).random(events.num_rows) > 0.1
    pq.write_table(events.filter(pa.array(kept)), path)


def in_fashion(path):
    """A third of everyone takes to three tags nobody had."""
    events = pq.read_table(path)
    users = pc.unique(events["user_id"]).to_pylist()[::3]
    more = events.slice(0, 3 * len(users))
    for name, values in (
        ("user_id", np.repeat(users, 3)),
        ("tag", np.tile(["padel", "matcha", "sauna"], len(users))),
        ("channel", np.repeat("browse", 3 * len(users))),
    ):
        place = more.schema.get_field_index(name)
        more = more.set_column(place, name, pa.array(values, more.schema.field(name).type))
    pq.write_table(pa.concat_tables([events, more]), path)


def test_a_fashion_is_named_by_its_tags(runs):
    """In the one run in which it came up, in the report and as a finding that blocks nothing."""
    store, (_, before, after) = runs

    interest = next(drift for drift in drift_of(store, before, after) if drift.facet == "interest")

    assert {row["tag"] for row in interest.tags[:3]} == {"padel", "matcha", "sauna"}
    assert store.report(after)["drift"]["interest"] == interest.to_dict()
    told = [row for row in store.report(after)["findings"] if row["name"] == "tag_drift"]
    assert any("padel" in row["message"] for row in told)
    assert not any(row["blocks"] for row in told)


def test_the_same_people_seen_a_little_less_have_not_shifted(runs):
    """A tenth of the events are missing at random: no tag stands out."""
    store, (first, second, _) = runs

    assert [drift.tags for drift in drift_of(store, first, second)] == [[], []]
    assert compare_runs(store, first, second)["drift"]["interest"]["tags"] == []


def test_the_first_run_has_nothing_to_be_compared_with(runs):
    """No drift, and no finding about it."""
    store, (first, _, _) = runs

    assert store.report(first)["drift"] == {}


def state(sizes, signatures=None):
    """A facet with circles of given sizes among 2,000 people."""
    count = len(sizes)
    return State(
        people=2000,
        tags=["tea", "coffee", "yoga"],
        holders=np.array([500, 400, 300]),
        circle_ids=[f"interest-{number + 1}" for number in range(count)],
        sizes=np.array(sizes),
        signatures=sparse.csr_array(np.array(signatures or [[1.0, 0.0, 0.0]] * count)),
    )


def test_a_circle_that_grew_beside_the_others_is_told():
    """Twice as many people in one of four; a shrunken one is told too."""
    found = drift_between(
        state([200, 200, 200, 200, 200]), state([400, 200, 200, 200, 100]), facet="interest"
    )

    assert [row["circle_id"] for row in found.sizes] == ["interest-1", "interest-5"]
    assert found.sizes[0]["growth"] == 2.0


def test_a_circle_about_something_else_says_what_it_gained_and_lost():
    """It kept its id, but tea gave way to yoga."""
    found = drift_between(
        state([300], [[0.8, 0.2, 0.0]]), state([300], [[0.0, 0.2, 0.8]]), facet="interest"
    )

    (row,) = found.circles
    assert (row["gained"], row["lost"]) == (["yoga"], ["tea"])
    assert [finding.name for finding in found.findings()] == ["circle_drift"]
