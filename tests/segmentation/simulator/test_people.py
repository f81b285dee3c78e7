"""People differ in activity, come and go, buy, give back, and know each other."""

import numpy as np
import pandas as pd
import pytest


def test_activity_is_that_of_a_real_site(population):
    """About thirty events and 16 to 20 different tags a user, and some who hardly do anything."""
    events = population.table("events")
    own = events[events.content_id.isna() & (events.channel != "refer")].groupby("user_id")

    assert len(events) / 8_000 == pytest.approx(31, abs=4)
    assert 13 <= own.tag.nunique().median() <= 21
    assert 0.1 < (own.size() <= 5).mean() < 0.3


def test_some_people_fall_silent(population):
    """A tenth or more of the busy have not been seen for thirty days."""
    events = population.table("events")
    seen = events.groupby("user_id").ts.agg(["max", "size"])
    busy = seen[seen["size"] >= 20]

    silent = busy["max"] < pd.Timestamp(population.report.as_of) - pd.Timedelta(days=30)

    assert 0.05 < silent.mean() < 0.3


def test_purchases_are_unequal(population):
    """A tenth of the buyers spend a third of the money or more, and some never buy."""
    events = population.table("events")
    spent = events[events.channel == "purchase"].groupby("user_id").value.sum()

    top = spent.sort_values(ascending=False).iloc[: len(spent) // 10]

    assert top.sum() > 0.33 * spent.sum()
    assert 0.2 < len(spent) / 8_000 < 0.7


def test_a_return_undoes_an_earlier_purchase(population):
    """Each return is the exact negative of something the user bought before."""
    events = population.table("events")
    bought, back = (events[events.channel == kind] for kind in ("purchase", "return"))
    pairs = back.assign(value=-back.value).merge(bought, on=["user_id", "tag", "value"])

    assert len(pairs) >= len(back) > 0
    assert (pairs.ts_y < pairs.ts_x).any()
    assert len(back) / len(bought) == pytest.approx(0.03, abs=0.01)


def test_ties_are_mostly_inside_circles(population):
    """Two of three ties between members stay in the circle, far above chance; none is a loop."""
    edges, circle = population.table("edges"), population.primary()
    src, dst = edges.src.map(circle), edges.dst.map(circle)
    known = src.notna() & dst.notna()

    assert (src == dst)[known].mean() > 0.6
    assert (edges.src != edges.dst).all()
    assert 2 * len(edges) / 8_000 == pytest.approx(3.0, abs=0.3)


def test_every_invitation_is_a_tie_made_when_it_was_taken_up(population):
    """A refer event of a user has the time of one of their ties."""
    events, edges = population.table("events"), population.table("edges")
    invited = events[events.channel == "refer"]

    found = invited.merge(edges, left_on=["user_id", "ts"], right_on=["src", "ts"])

    assert len(found) == len(invited) > 0
    assert set(invited.tag) == {"invite"}


def test_who_is_invited_has_done_nothing_before(population):
    """Newcomers begin when they are brought in."""
    events, edges = population.table("events"), population.table("edges")
    invited = events[events.channel == "refer"].merge(
        edges, left_on=["user_id", "ts"], right_on=["src", "ts"]
    )
    first = events.groupby("user_id").ts.min()

    assert (invited.dst.map(first) >= invited.ts).all()


def test_refusals_are_few_and_never_a_grant(population):
    """Consent holds refusals alone, of a few people."""
    consent = population.table("consent")

    assert not consent.granted.any()
    assert 0.01 < consent.user_id.nunique() / 8_000 < 0.1
    assert np.isin(consent.purpose, ["*", "marketing", "segmentation", "sharing"]).all()
