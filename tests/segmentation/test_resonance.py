"""Resonance from a run, and as a snapshot answers it."""

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy import special

from segmentation.arrays import load_arrays
from segmentation.config import InputConfig
from segmentation.resonance import FILE, FOLDER, ContentResonance
from segmentation.simulator import simulate
from segmentation.store import Store
from tests.segmentation.conftest import settings_for


@pytest.fixture(scope="module")
def ran(run_once, tmp_path_factory):
    """The live snapshot of six thousand simulated people, and their tables."""
    folder, store = tmp_path_factory.mktemp("resonance"), tmp_path_factory.mktemp("ran") / "store"
    simulate(6_000, folder, seed=9)
    run_once(folder, store)
    return Store(store).snapshot(), folder


def test_tags_planted_to_be_shown_off_resonate(ran):
    """Contents of shining tags are expected to be shared more than those of hidden ones."""
    snapshot, folder = ran
    known = set(load_arrays(snapshot.folder / FOLDER / FILE)["tag_names"].tolist())
    planted = pq.read_table(folder / "truth_tags.parquet").to_pylist()
    seen = {row["tag"] for row in pq.read_table(folder / "content.parquet").to_pylist()} & known

    def mean_rate(wanted):
        tags = [row["tag"] for row in planted if wanted(row["currency"]) and row["tag"] in seen]
        rows = [snapshot.resonance.answer([tag])["circles"] for tag in tags]
        return np.mean([row["expected_share_rate"]["estimate"] for each in rows for row in each])

    assert mean_rate(lambda x: x > 1.0) > 1.15 * mean_rate(lambda x: x < -1.5)


def test_the_reasons_add_up_for_every_circle(ran):
    """Base and contributions are the log-odds of the expected rate."""
    snapshot, _ = ran
    tags = load_arrays(snapshot.folder / FOLDER / FILE)["tag_names"][:3].tolist()

    rows = snapshot.resonance.answer(tags)["circles"]

    for row in rows:
        parts = sum(part["log_odds"] for part in row["contributions"])
        rate = row["expected_share_rate"]["estimate"]
        assert row["base_log_odds"] + parts == pytest.approx(special.logit(rate))
        assert {part["tag"] for part in row["contributions"]} == set(tags)
        shares = row["expected_shares"]["estimate"]
        assert shares == pytest.approx(rate * row["size"])


def test_the_best_come_first(ran):
    """Circles go by expected rate; the three first are the best."""
    snapshot, _ = ran
    tags = load_arrays(snapshot.folder / FOLDER / FILE)["tag_names"][:2].tolist()

    answer = snapshot.resonance.answer(tags)

    rates = [row["expected_share_rate"]["estimate"] for row in answer["circles"]]
    assert rates == sorted(rates, reverse=True)
    assert answer["best_circles"] == [row["circle_id"] for row in answer["circles"][:3]]
    assert len(answer["circles"]) == sum(
        row["facet"] == "interest" and not row["children"] for row in snapshot.circles()
    )


def test_a_tag_named_twice_counts_once(ran):
    """Repeating a tag says nothing more."""
    snapshot, _ = ran
    tag = load_arrays(snapshot.folder / FOLDER / FILE)["tag_names"][0].item()

    once, twice = (snapshot.resonance.answer(tags) for tags in ([tag], [tag, tag]))

    assert once == twice
    assert snapshot.resonance.answer([tag, "never heard of"])["unknown_tags"] == ["never heard of"]


def test_gaps_are_of_one_circle_or_of_all(ran):
    """Those of a circle are the ones told with it, and each is shown less than expected."""
    snapshot, _ = ran

    every = snapshot.resonance.gaps()

    assert every
    assert all(gap["exposures"] < gap["expected_exposures"] / 2 for gap in every)
    circle_id = every[0]["circle_id"]
    assert snapshot.resonance.gaps(circle_id) == [
        gap for gap in every if gap["circle_id"] == circle_id
    ]


def test_without_shares_nothing_is_told(population, run_once, tmp_path):
    """A run without exposures has no circle in its answer, and says why."""
    events = pq.read_table(population / "events.parquet")
    plain = events.filter(
        np.array([c not in ("share", "refer") for c in events["channel"].to_pylist()])
    )
    pq.write_table(plain.drop(["content_id"]), tmp_path / "events.parquet")
    config = settings_for(population, input=InputConfig(events=(str(tmp_path / "events.parquet"),)))
    run_once(population, tmp_path / "store", config=config)

    answer = Store(tmp_path / "store").snapshot().resonance.answer(["anything"])

    assert (answer["basis"], answer["circles"]) == ("none", [])


def test_a_folder_without_the_file_has_learned_nothing(tmp_path):
    """Runs of before are answered as those that saw no share."""
    found = ContentResonance(tmp_path, {})

    assert not found.is_learned
    assert found.gaps() == []
