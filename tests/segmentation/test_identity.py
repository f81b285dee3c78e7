"""Ids of circles are permanent: kept while a circle goes on, and never used again."""

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from models.profiles import TagProfiles
from segmentation.circling import FacetCircles
from segmentation.identity import Earlier, identify, numbered
from segmentation.records import overlay
from segmentation.simulator import TABLE_FILES, simulate
from segmentation.store import Store
from segmentation.tables import SCHEMAS
from segmentation.tags import FacetMatrix
from tests.segmentation.conftest import NOW, settings_for

TAGS = [f"tag {letter}" for letter in "abcdefghijkl"]


def facet_of(labels, tags=TAGS, marks=None):
    """Circles with given members; circle n has the marks it is given, or tags n and n + 1."""
    labels = np.asarray(labels, dtype=np.int32)
    n_circles = int(labels.max(initial=-1)) + 1
    marks = marks or [[circle, circle + 1] for circle in range(n_circles)]
    model = TagProfiles(
        starts=np.arange(0, 2 * n_circles + 1, 2, dtype=np.int64),
        tags=np.array(marks, dtype=np.int64).reshape(-1),
        shares=np.full(2 * n_circles, 0.5),
        background=np.full(len(tags), 1.0 / len(tags)),
        sizes=np.full(n_circles, 1.0 / max(n_circles, 1)),
        noise=0.5,
        grid=np.full(1, 0.5),
        grid_weights=np.ones(1),
    )
    nobody = sparse.csr_array((len(labels), n_circles))
    reasons = np.full(len(labels), "")
    matrix = FacetMatrix(sparse.csr_array((len(labels), len(tags))), list(tags), reasons, ())
    return FacetCircles(labels, nobody, reasons, model), matrix


def go_on(earlier, labels, *, people=None, run_id="r", denied=(), tags=TAGS, marks=None):
    """Identify circles, and what the next run will find of this one."""
    found, matrix = facet_of(labels, tags, marks)
    people = people or [f"u{number:03d}" for number in range(len(labels))]
    identity = identify(
        found,
        matrix,
        facet="interest",
        user_ids=people,
        earlier=earlier,
        run_id=run_id,
        denied=denied,
    )
    return identity, left_by(identity, found, matrix, people)


def left_by(identity, found, matrix, people):
    """The run as the next one reads it from the store."""
    rows = zip(identity.circle_ids, identity.names, identity.first_run, strict=True)
    placed = [(user, label) for user, label in zip(people, found.labels, strict=True) if label >= 0]
    members = [(user, "interest", identity.circle_ids[label], 1.0, 1) for user, label in placed]
    columns = list(zip(*members, strict=True)) or [[]] * 5
    return Earlier(
        people=pa.array(people, pa.string()),
        circles=[
            {"circle_id": circle, "name": name, "first_run": first} for circle, name, first in rows
        ],
        members=pa.table([pa.array(c) for c in columns], SCHEMAS["members"].names)
        if members
        else SCHEMAS["members"].empty_table(),
        signatures=found.model.signatures.to_csr(),
        tags=matrix.tags,
        lineage=identity.lineage,
        next_number=identity.next_number,
    )


def test_a_first_run_numbers_its_circles_from_one():
    """All are born in it."""
    identity, _ = go_on(Earlier(), [0, 0, 1, 1, -1], run_id="first")

    assert identity.circle_ids == ["interest-1", "interest-2"]
    assert identity.first_run == ["first", "first"]
    assert [row["event"] for row in identity.lineage] == ["born", "born"]


def test_ids_names_and_first_runs_follow_the_people():
    """The second run numbers the circles the other way round."""
    before, earlier = go_on(Earlier(), np.repeat([0, 1], [40, 30]), run_id="first")

    after, _ = go_on(earlier, np.repeat([1, 0], [40, 30]), run_id="second")

    assert after.circle_ids == before.circle_ids[::-1]
    assert after.names == before.names[::-1]
    assert after.first_run == ["first", "first"]


def test_a_split_says_where_the_new_circle_came_from():
    """The larger child is the circle it was."""
    _, earlier = go_on(Earlier(), np.zeros(50, dtype=int))

    after, _ = go_on(earlier, np.repeat([1, 0], [30, 20]), run_id="second")

    assert after.circle_ids == ["interest-2", "interest-1"]
    split = next(row for row in after.lineage if row["event"] == "split")
    assert (split["circle_id"], split["from_ids"]) == ("interest-2", ["interest-1"])


def test_new_and_lost_customers_do_not_end_a_circle():
    """Nine in ten of the second run's people are new, and half of the first run's are gone."""
    first = [f"a{number:03d}" for number in range(80)]
    _, earlier = go_on(Earlier(), np.repeat([0, 1], [40, 40]), people=first)
    second = [*first[20:60], *(f"b{number:03d}" for number in range(360))]

    after, _ = go_on(earlier, np.tile(np.repeat([1, 0], 20), 10), people=second, run_id="second")

    assert after.circle_ids == ["interest-2", "interest-1"]
    latest = [row for row in after.lineage if row["run_id"] == "second"]
    assert {(row["event"], row["overlap"]) for row in latest} == {("grown", 1.0)}


def test_a_retired_number_is_not_used_again():
    """Its circle is gone, the next newcomer gets the number after."""
    _, earlier = go_on(Earlier(), np.repeat([0, 1], 30))
    _, earlier = go_on(earlier, np.repeat([0, -1], 30))

    after, _ = go_on(earlier, np.repeat([0, 1], 30))

    assert after.circle_ids == ["interest-1", "interest-3"]


@given(st.lists(st.integers(0, 2**20), min_size=2, max_size=7))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_an_id_means_one_circle_for_ever(seeds):
    """Over any sequence of runs: no id twice in a run, none again once retired, none unborn."""
    earlier, seen, dead = Earlier(), set(), set()
    for number, seed in enumerate(seeds):
        rng = np.random.default_rng(seed)
        labels = np.repeat(rng.integers(-1, rng.integers(1, 7), 12), 10)
        labels = np.unique(np.append(labels, -1), return_inverse=True)[1][:-1] - 1
        identity, earlier = go_on(earlier, labels, run_id=f"r{number}")

        ids = set(identity.circle_ids)
        born = {
            row["circle_id"]
            for row in identity.lineage
            if row["run_id"] == f"r{number}" and row["circle_id"] not in seen
        }
        assert len(ids) == len(identity.circle_ids) == len(set(identity.names))
        assert ids - seen == born
        assert not ids & dead
        seen |= ids
        dead |= seen - ids


def test_numbers_go_on_from_the_next_free_one():
    """Only newcomers take one."""
    earlier = Earlier(circles=[{"circle_id": "interest-4"}], next_number=9)

    assert numbered(np.array([-1, 0, -1]), earlier, "interest") == (
        ["interest-9", "interest-4", "interest-10"],
        11,
    )


def test_a_name_given_by_a_person_survives_ten_runs():
    """It belongs to the id, whatever the tags do."""
    _, earlier = go_on(Earlier(), np.repeat([0, 1], 30))
    earlier.circles[0]["name"] = "Our regulars"

    for run in range(10):
        identity, earlier = go_on(earlier, np.repeat([0, 1], 30), marks=[[run, 11], [11, run]])

    assert identity.names[0] == "Our regulars"


def test_a_name_that_says_a_tag_denied_since_is_given_up():
    """The circle keeps its id and gets a name of other tags."""
    before, earlier = go_on(Earlier(), np.repeat([0, 1], 30))

    after, _ = go_on(earlier, np.repeat([0, 1], 30), denied=["tag a"])

    assert "tag a" in before.names[0].casefold()
    assert "tag a" not in after.names[0].casefold()
    assert after.names[1] == before.names[1]
    assert after.circle_ids == before.circle_ids


def test_a_rolled_back_run_keeps_its_numbers(population, run_once, tmp_path):
    """What it called new is never the id of something else."""
    first = run_once(population, tmp_path / "store").run_id
    store = Store(tmp_path / "store")
    used = store.manifest(first)["next_circle_numbers"]["interest"]

    assert used > 1
    assert Earlier.of(store, None, "interest").next_number == used
    assert Earlier.of(store, first, "interest").next_number == used


@pytest.mark.slow
def test_planted_circles_keep_their_ids_through_drift(run_once, tmp_path):
    """Three periods of 12,000 people: whoever goes on and is found keeps the id.

    A circle is found when it shares half of its people with one of ours.
    """
    report = simulate(12_000, tmp_path / "people", seed=0, periods=3, difficulty="easy")
    lineage = pq.read_table(tmp_path / "people" / "lineage_truth.parquet").to_pandas()
    store, found = Store(tmp_path / "store"), []
    for number, end in enumerate(report.ends, start=1):
        outcome = run_once(
            tmp_path,
            store.path,
            now=NOW + timedelta(hours=number),
            as_of=end,
            config=settings_for_periods(report.folders[:number]),
        )
        found.append(ids_of_planted(report.folders[number - 1], store, outcome.run_id))

    for period in (2, 3):
        went_on = lineage[(lineage.period == period) & (lineage.event == "continued")].circle
        before, after = found[period - 2], found[period - 1]
        both = [circle for circle in went_on if circle in before and circle in after]
        assert len(both) >= 0.8 * len(went_on)
        assert [before[circle] for circle in both] == [after[circle] for circle in both]


def settings_for_periods(folders):
    """Settings that read all the periods so far, without resampling."""
    config = settings_for(folders[0])
    tables = {
        table: tuple(str(folder / file) for folder in folders)
        for table, file in TABLE_FILES.items()
    }
    return overlay(config, {"input": tables, "circles": {"resamples": 0}}, "the test")


def ids_of_planted(folder, store, run_id):
    """The id of each planted circle that shares half of its people with one found."""
    truth = pq.read_table(folder / "truth.parquet").to_pandas()
    members = store.table(run_id, "members").to_pandas()
    primary = [
        table[(table.facet == "interest") & (table["rank"] == 1)].set_index("user_id")
        for table in (truth, members)
    ]
    both = primary[0][["circle"]].join(primary[1]["circle_id"])
    shared = both.groupby(["circle", "circle_id"]).size()
    planted, ours = primary[0].circle.value_counts(), primary[1].circle_id.value_counts()
    return {
        circle: circle_id
        for (circle, circle_id), people in shared.items()
        if 2 * people >= planted[circle] + ours[circle_id] - people
    }
