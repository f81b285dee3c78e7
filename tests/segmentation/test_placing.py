"""One function places people: in the fit, in the run, after a reload, and one at a time."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from segmentation.config import FACETS
from segmentation.recent_tags import Act
from segmentation.store import Store


@pytest.fixture(scope="module")
def store(population, run_once, tmp_path_factory):
    """A store with one run over the planted population."""
    folder = tmp_path_factory.mktemp("placing") / "store"
    run_once(population, folder, publish=True)
    return Store(folder)


@pytest.fixture(scope="module")
def snapshot(store):
    """Its snapshot."""
    return store.snapshot()


@pytest.fixture(scope="module")
def events(population):
    """Everyone's events, by person."""
    acts = {}
    table = pq.read_table(population / "events.parquet")
    columns = ["user_id", "channel", "tag", "value", "ts", "content_id"]
    for row in table.select(columns).to_pylist():
        when = row.pop("ts")
        acts.setdefault(row.pop("user_id"), []).append(Act(**row, at=when and aware(when)))
    return acts


def aware(moment):
    """A time that says it is UTC."""
    from datetime import UTC

    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def circles_of(user, facet):
    """A person's circles in a facet, as the run gave them."""
    return [
        (circle["circle_id"], circle["strength"], circle["rank"])
        for circle in user["circles"]
        if circle["facet"] == facet
    ]


@pytest.mark.parametrize("facet", FACETS)
def test_everyone_is_placed_alone_as_in_the_run(snapshot, facet):
    """By their tags out of the snapshot: same circles, strengths and reasons, to the last bit."""
    placer = snapshot.placer.facet(facet)
    for row in range(snapshot.n_users):
        user = snapshot.user(snapshot.audiences.registry.ids[row])
        placed = placer.placed(placer.people.row(row, placer.profiles.n_tags))

        assert [
            (each["circle_id"], each["strength"], each["rank"]) for each in placed["circles"]
        ] == circles_of(user, facet)
        assert user["reasons"][facet] in (placed["reason"], "consent")


def test_events_of_one_call_place_as_the_run_did(snapshot, events):
    """The interest circles of hundreds of people from nothing but their events."""
    placer, compared = snapshot.placer.facet("interest"), 0
    for user_id in sorted(events)[:300]:
        user = snapshot.user(user_id)
        if user["reasons"]["interest"] == "consent":
            continue
        placed = placer.place(placer.weigh(events[user_id]))
        assert [each["circle_id"] for each in placed["circles"]] == [
            circle for circle, _, _ in circles_of(user, "interest")
        ]
        strengths = [each["strength"] for each in placed["circles"]]
        assert np.allclose(
            strengths, [strength for _, strength, _ in circles_of(user, "interest")], atol=1e-9
        )
        compared += 1

    assert compared > 200


def test_contributions_add_up_and_decide(snapshot):
    """Their sum is the log-odds; with the prior it says whether the person is placed."""
    placer = snapshot.placer.facet("interest")
    for row in range(0, snapshot.n_users, 7):
        told = placer.explained(row)
        total = sum(each["contribution"] for each in told["contributions"])
        assert total == pytest.approx(told["log_odds"], abs=1e-6)
        if told["reason"] != "too_few_tags":
            is_placed = told["log_odds"] + told["prior_log_odds"] > 0
            assert is_placed == bool(told["circles"])


def test_without_the_tags_named_the_circle_is_the_one_named(snapshot):
    """Asked again without them, the answer is what the counterfactual said."""
    placer, changed = snapshot.placer.facet("interest"), 0
    for row in range(0, snapshot.n_users, 5):
        told = placer.explained(row)["counterfactual"]
        if not told["changes"]:
            assert told["without_tags"] == []
            continue
        held = placer.people.row(row, placer.profiles.n_tags)
        weights = {
            placer.tags[tag]: weight
            for tag, weight in zip(held.columns.tolist(), held.values.tolist(), strict=True)
            if placer.tags[tag] not in told["without_tags"]
        }
        circles = placer.place(weights)["circles"]
        assert (circles[0]["circle_id"] if circles else None) == told["circle_then"]
        changed += 1

    assert changed > 100
