"""The planted circles: uneven, overlapping, and as hard to find as their difficulty says."""

import pandas as pd
import pytest

from benchmarks.simulator import agreement, oracle, read
from segmentation.simulator import simulate
from segmentation.simulator.difficulty import DIFFICULTIES


def test_forty_circles_of_uneven_size_hold_85_percent(population):
    """The largest is many times the smallest, which still has members."""
    sizes = population.primary().value_counts(normalize=True)

    assert len(sizes) == 40
    assert sizes.min() > 0.004
    assert sizes.max() < 0.25
    assert len(population.primary()) / 8_000 == pytest.approx(0.85, abs=0.01)


def test_every_circle_has_members_in_a_tiny_population(tmp_path):
    """A hundred people have fewer circles, none of them empty."""
    report = simulate(100, tmp_path)

    truth = pd.read_parquet(report.folders[0] / "truth.parquet")
    profiles = pd.read_parquet(report.folders[0] / "truth_profiles.parquet")
    assert set(truth[truth.facet == "interest"].circle) == set(profiles.circle)


def test_a_third_of_the_people_are_in_several_circles(population):
    """About three in ten are in two circles, one in twenty in three; ranks have no gaps."""
    truth = population.table("truth")
    interest = truth[truth.facet == "interest"]

    ranks = interest.groupby("user_id")["rank"].agg(["size", "max"])

    assert (ranks["size"] == ranks["max"]).all()
    assert (ranks["size"] == 2).mean() == pytest.approx(0.30, abs=0.05)
    assert (ranks["size"] == 3).mean() == pytest.approx(0.05, abs=0.02)
    assert not interest.duplicated(["user_id", "circle"]).any()


def test_a_profile_is_a_distribution_over_known_tags(population):
    """Weights of a circle sum to 1, over 24 to 50 tags of the vocabulary."""
    profiles = population.table("truth_profiles")
    known = population.table("truth_tags").tag

    weights = profiles.groupby("circle").weight.agg(["sum", "size"])

    assert weights["sum"].to_numpy() == pytest.approx(1.0)
    assert weights["size"].between(24, 50).all()
    assert profiles.tag.isin(known).all()


def test_people_outside_all_circles_follow_the_crowd(population):
    """Those absent from the truth meet no circle's tags much more than another's members do."""
    events, primary = population.table("events"), population.primary()
    profiles = population.table("truth_profiles")
    theme = profiles[profiles.circle == primary.value_counts().index[0]].tag
    own = events[events.channel == "search"].assign(hit=lambda e: e.tag.isin(theme))

    circle = own.user_id.map(primary)
    by_circle = own.hit.groupby(circle.fillna("none")).mean()

    assert by_circle[primary.value_counts().index[0]] > 5 * by_circle["none"]


def test_an_oracle_finds_easy_circles_better_than_hard_ones(tmp_path):
    """Told the planted profiles, naive Bayes does well on easy and poorly on hard."""
    agreements = {}
    for level, difficulty in DIFFICULTIES.items():
        simulate(8_000, tmp_path / level, seed=4, difficulty=level)
        planted = read(tmp_path / level)
        agreements[level] = agreement(planted, oracle(planted, difficulty.signal))

    assert agreements["easy"] > 0.83
    assert 0.62 < agreements["medium"] < 0.75
    assert agreements["hard"] < 0.62
