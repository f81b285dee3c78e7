"""What callers who may not list people are told of the loop."""

import json

import pytest

from segmentation.discretion import discreet, discreet_group, discreet_ladder, discreet_projection
from tests.snapshots import build_snapshot

COUNTS = {"people", "before", "active_before", "active", "newcomers", "sent", "accepted", "engaged"}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    """A planted snapshot whose least audience is 50."""
    with build_snapshot(tmp_path_factory.mktemp("loop") / "run") as opened:
        yield opened


def counts_in(told, name=""):
    """Every number of people in an answer."""
    if isinstance(told, dict):
        for key, value in told.items():
            yield from counts_in(value, key)
    elif isinstance(told, list):
        for value in told:
            yield from counts_in(value, name)
    elif name in COUNTS | {"counts", "expected", "low", "high"} and isinstance(told, int | float):
        yield told


def test_no_count_below_the_floor_is_told(snapshot):
    """Neither of everyone nor of a circle, a window, a move or a rung."""
    facts = snapshot.flywheel()
    guard = snapshot.guard

    told = [
        discreet(facts, guard),
        *(discreet_group(row, guard, row["circle_id"]) for row in facts["circles"]),
        *(discreet_ladder(facts["ladders"][name], guard, name) for name in facts["ladders"]),
    ]
    for name in ("wheel", "ladders", "circles"):  # these are told by ways of their own
        told[0].pop(name)

    assert min(counts_in(told)) >= guard.minimum
    assert any(count < guard.minimum for count in counts_in(facts["circles"]))


def test_figures_are_blurred_and_the_same_when_asked_again(snapshot):
    """Asking twice sharpens nothing."""
    facts, guard = snapshot.flywheel(), snapshot.guard

    one, other = discreet(facts, guard), discreet(facts, guard)

    assert json.dumps(one) == json.dumps(other)
    assert one["stages"] != facts["stages"]
    assert all(count % 10 == 0 for count in counts_in(one["stages"]))


def test_shares_follow_from_what_is_told(snapshot):
    """An exact share would give the exact count away."""
    facts, guard = snapshot.flywheel(), snapshot.guard

    told = discreet(facts, guard)

    for row in told["stages"]:
        assert (row["share"] is None) == (row["people"] is None)
        assert row["people"] is None or row["share"] * told["people"] == pytest.approx(
            row["people"]
        )


def test_rates_tell_no_more_of_how_many_than_the_figures_do(snapshot):
    """A rate of an exact number of people is a fraction that has that number below its line."""
    facts, guard = snapshot.flywheel(), snapshot.guard

    stages = discreet(facts, guard)["stages"]

    pairs = (("speed", "before"), ("friction", "active_before"))
    rates = [(row[rate], row[among]) for row in stages for rate, among in pairs]
    told = [rate * among for rate, among in rates if rate is not None]
    assert all(among is not None for rate, among in rates if rate is not None)
    assert len(told) > 2
    assert told == pytest.approx([10 * round(people / 10) for people in told])
    assert all(rate <= 1 for rate, _ in rates if rate is not None)


def test_of_a_small_circle_nothing_is_told(snapshot):
    """Its rates are those of a few."""
    row = {**snapshot.flywheel()["circles"][0], "people": 49}

    told = discreet_group(row, snapshot.guard, "interest-1")

    assert told["people"] is None
    assert {told[name] for name in ("speed", "friction", "weight", "momentum", "k_factor")} == {
        None
    }
    assert all(stage["speed"] is None for stage in told["stages"])


def test_a_projection_is_rounded(snapshot):
    """Today's figure would else be exact."""
    ahead = discreet_projection(snapshot.flywheel()["projection"], snapshot.guard)

    assert all(count % 10 == 0 for count in counts_in(ahead["active"]))
    assert ahead["active"]["expected"][0] is not None
    assert discreet_projection(None, snapshot.guard) is None


def test_rates_come_near_the_truth(snapshot):
    """Blurred by a few people of many."""
    facts = snapshot.flywheel()

    told = discreet(facts, snapshot.guard)

    assert told["friction"] == pytest.approx(facts["friction"], abs=0.1)
    assert told["speed"] == pytest.approx(facts["speed"], abs=0.1)
