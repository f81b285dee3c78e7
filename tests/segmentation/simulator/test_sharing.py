"""Shares happen as often as planted, sooner than the horizon, and by the tags' currency."""

import numpy as np
import pandas as pd
import pytest


def test_shares_happen_as_often_as_planted(population):
    """In every tenth of the exposures by probability, realised and planted rate agree."""
    truth = population.table("truth_sharing")
    tenth = pd.qcut(truth.probability, 10, labels=False)

    by_tenth = truth.groupby(tenth)[["probability", "shared_within_horizon"]].mean()

    n = len(truth) / 10
    error = np.sqrt(by_tenth.probability * (1 - by_tenth.probability) / n)
    gap = (by_tenth.shared_within_horizon - by_tenth.probability).abs()
    assert (gap < 4 * error).all()


def test_three_exposures_in_a_hundred_are_shared(population):
    """The intercept is set so that the base rate is 3 %."""
    assert population.table("truth_sharing").probability.mean() == pytest.approx(0.03, abs=0.002)


def test_shared_marks_what_was_known_at_the_end(population):
    """An exposure counts as shared when its share event lies before the end, else not yet."""
    known, truth = population.table("exposures"), population.table("truth_sharing")
    late = (known.shared == 0) & (truth.shared_within_horizon == 1)

    assert (known.shared <= truth.shared_within_horizon).all()
    assert late.any()
    assert known.ts[late].min() > known.ts.max() - pd.Timedelta(days=30)


def test_every_share_event_follows_its_exposure_within_the_horizon(population):
    """A share event's content was seen before by the same user, at most 30 days ago."""
    events = population.table("events")
    shares = events[events.channel == "share"]
    seen = population.table("exposures")
    pairs = shares.merge(seen[seen.shared == 1], on=["user_id", "content_id"])

    wait = pairs.ts_x - pairs.ts_y

    assert set(zip(shares.user_id, shares.content_id, strict=True)) == set(
        zip(pairs.user_id, pairs.content_id, strict=True)
    )
    first = wait[wait > pd.Timedelta(0)].groupby([pairs.user_id, pairs.content_id]).min()
    assert (first <= pd.Timedelta(days=30)).all()


def test_guilty_pleasures_are_consumed_and_not_shared(population):
    """A tag's planted currency shows in its shares for each time it is consumed."""
    events = population.table("events")
    currency = population.table("truth_tags").set_index("tag").currency
    kind = pd.cut(currency, [-np.inf, -1, 1, np.inf], labels=["guilty", "plain", "shining"])
    of_content = events[events.content_id.notna()]
    of_content = of_content.assign(kind=of_content.tag.map(kind))

    counts = of_content.groupby(["kind", "channel"], observed=True).size().unstack()
    rate = counts.share / counts.browse

    assert rate.guilty < 0.5 * rate.plain
    assert rate.shining > 1.5 * rate.plain


def test_contents_are_seen_after_they_came_out(population):
    """Nobody sees what is not there yet."""
    published = population.table("content").groupby("content_id").ts.first()
    seen = population.table("exposures")

    assert (seen.ts >= seen.content_id.map(published)).all()


def test_inclined_people_share_more(population):
    """A user's planted propensity orders the realised share rates."""
    propensity = population.table("truth_users").set_index("user_id").share_propensity
    truth = population.table("truth_sharing")
    inclined = truth.user_id.map(propensity) > propensity.median()

    rates = truth.shared_within_horizon.groupby(inclined).mean()

    assert rates[True] > 4 * rates[False]
