"""Hidden tags: who loses which, and what circles tell of them."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.heldout import SMOOTHING, HeldOut, split

rng = np.random.default_rng(5)


def events(people=300, tags=30, each=10):
    """People of two halves of the tags, each tag once a person."""
    half = np.arange(people) % 2
    tag = np.argsort(rng.random((people, tags // 2)), axis=1)[:, :each] + half[:, None] * (
        tags // 2
    )
    user = np.repeat(np.arange(people), each)
    return pd.DataFrame({"user_id": user, "tag": [f"t{each}" for each in tag.ravel()]})


def held_out(table):
    """Hide tags and count the rest."""
    pairs = split(table)
    people, tags = pd.Index(pairs.user_id.unique()), pd.Index(pairs.tag.unique())
    return HeldOut.of(pairs, people, tags)


def test_a_fifth_is_hidden_and_the_same_whatever_the_order():
    """A hash decides, so rows may come shuffled and twice."""
    table = events()

    one = split(table)
    other = split(pd.concat([table, table]).sample(frac=1.0, random_state=1))

    assert one.hidden.mean() == pytest.approx(0.2, abs=0.02)
    columns = ["user_id", "tag"]
    assert one.set_index(columns).sort_index().equals(other.set_index(columns).sort_index())


def test_people_of_few_tags_keep_them_all():
    """Four tags are too few to hide any."""
    assert not split(events(each=4)).hidden.any()


def test_the_information_is_counted_as_it_is_defined():
    """One tag after another, by the definition."""
    data = held_out(events())
    labels = rng.integers(-1, 3, data.seen.shape[0])

    bits = data.bits(labels)

    seen = data.seen.toarray()
    crowd = (seen.sum(axis=0) + 0.1) / (seen.sum(axis=0) + 0.1).sum()
    gains = []
    for person, tag in zip(data.row, data.column, strict=True):
        inside = seen[labels == labels[person]].sum(axis=0)
        share = (inside[tag] + SMOOTHING * crowd[tag]) / (inside.sum() + SMOOTHING)
        gains.append(0.0 if labels[person] < 0 else np.log2(share / crowd[tag]))
    assert bits == pytest.approx(np.mean(gains), abs=1e-12)


def test_true_circles_tell_most_and_no_circles_nothing():
    """Two halves of the tags are worth about a bit; chance is worth less than nothing."""
    data = held_out(events())
    halves = np.arange(data.seen.shape[0]) % 2
    alike = np.zeros_like(halves)

    assert 0.7 < data.bits(halves) < 1.0
    assert data.bits(rng.permutation(halves)) < 0.1
    assert data.bits(alike) == pytest.approx(0.0, abs=1e-4)
    assert data.bits(alike - 1) == 0.0
