"""Lifestyles show in labels, hours, channels and spending."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from segmentation.simulator.lifestyles import CHANNELS, LABELS, LIFESTYLES, rhythms


@pytest.fixture(scope="module")
def lifestyle(population):
    """The planted lifestyle by user."""
    truth = population.table("truth")
    return truth[truth.facet == "lifestyle"].set_index("user_id").circle


@pytest.mark.parametrize("style", LIFESTYLES, ids=lambda style: style.name)
def test_a_lifestyle_is_well_formed(style):
    """Its labels are among those there are, and it says how much of each channel it uses."""
    assert all(
        label in options for label, options in zip(style.labels, LABELS.values(), strict=True)
    )
    assert len(style.mix) == len(CHANNELS)


def test_rhythms_are_distributions_over_the_week():
    """Every lifestyle's hours sum to 1, and no two lifestyles keep the same hours."""
    weights = rhythms()

    assert weights.sum(axis=1) == pytest.approx(1.0)
    assert len(np.unique(weights.round(9), axis=0)) == len(LIFESTYLES) + 1


def test_people_of_a_lifestyle_carry_its_labels(population, lifestyle):
    """Four in five of those whose label is known have the typical one."""
    labels = population.table("labels")
    jobs = labels[labels.namespace == "job"].set_index("user_id").label

    for style in LIFESTYLES:
        own = jobs[jobs.index.isin(lifestyle.index[lifestyle == style.name])]
        assert (own == style.labels[3]).mean() == pytest.approx(0.775, abs=0.08)


def test_night_shift_is_about_at_night(population, lifestyle):
    """Hours shape the times of events."""
    events = population.table("events")
    night = events.ts.dt.hour.between(1, 4)

    share = night.groupby(events.user_id.map(lifestyle).fillna("none")).mean()

    assert share["night shift"] > 0.5
    assert share["none"] < 0.1


def test_weekend_fathers_are_about_on_weekends(population, lifestyle):
    """Days of the week shape the times of events."""
    events = population.table("events")
    weekend = events.ts.dt.day_of_week >= 5

    share = weekend.groupby(events.user_id.map(lifestyle).fillna("none")).mean()

    assert share["weekend fathers"] > 0.5
    assert share["commuters"] < 0.2


def test_executives_spend_more_than_students(population, lifestyle):
    """Spending goes with the lifestyle."""
    events = population.table("events")
    bought = events[events.channel == "purchase"]
    spent = bought.value.groupby(bought.user_id.map(lifestyle)).sum()

    a_head = spent / lifestyle.value_counts()

    assert a_head["executives"] > 3 * a_head["students"]


def test_lifestyle_and_interest_are_nearly_independent(population, lifestyle):
    """Circles lean to lifestyles a little: knowing one tells little of the other."""
    interest = population.primary()
    both = interest.index.intersection(lifestyle.index)

    agreement = adjusted_mutual_info_score(interest[both], lifestyle[both])

    assert 0.005 < agreement < 0.1
