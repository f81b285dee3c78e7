"""The planted circles: uneven, overlapping, and as hard to find as their difficulty says."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.metrics import adjusted_mutual_info_score

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
    found = {level: oracle_agreement(tmp_path / level, level) for level in DIFFICULTIES}

    assert found["easy"] > 0.83
    assert 0.62 < found["medium"] < 0.75
    assert found["hard"] < 0.62


def oracle_agreement(folder, level):
    """Adjusted mutual information of naive Bayes under the planted profiles; noise is a class."""
    simulate(8_000, folder, seed=4, difficulty=level)
    events = pd.read_parquet(folder / "events.parquet")
    events = events[~events.channel.isin(["share", "refer"])]
    truth = pd.read_parquet(folder / "truth.parquet")
    truth = truth[(truth.facet == "interest") & (truth["rank"] == 1)].set_index("user_id").circle
    tags = pd.Index(pd.read_parquet(folder / "truth_tags.parquet").tag)
    users = pd.Index(np.unique(events.user_id))
    at = (users.get_indexer(events.user_id), tags.get_indexer(events.tag))
    counts = sparse.csr_array((np.ones(len(events)), at), (len(users), len(tags)))
    counts.sum_duplicates()
    counts.data = 1 + np.log(counts.data)
    profiles = pd.read_parquet(folder / "truth_profiles.parquet")
    planted = profiles.pivot_table(index="circle", columns="tag", values="weight", fill_value=0)
    planted = planted.reindex(columns=tags, fill_value=0.0)
    real = truth.reindex(users).fillna("")
    guess = naive_bayes(counts, planted, real, DIFFICULTIES[level].signal)
    return adjusted_mutual_info_score(real, guess)


def naive_bayes(counts, planted, real, signal):
    """The most probable circle of each user, or "" for none."""
    sizes = real.value_counts(normalize=True).reindex([*planted.index, ""])
    everything = np.asarray(counts.sum(axis=0)) / counts.sum()
    crowd = everything - 0.8 * signal * (sizes.to_numpy()[:-1] @ planted.to_numpy())
    crowd = np.maximum(crowd, 1e-6) / np.maximum(crowd, 1e-6).sum()
    mixed = np.vstack([signal * planted.to_numpy() + (1 - signal) * crowd, crowd])
    odds = counts @ np.log(mixed).T + np.log(sizes.to_numpy())
    return sizes.index.to_numpy()[odds.argmax(axis=1)]
