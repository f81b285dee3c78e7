"""K-factor and cycle time."""

import numpy as np
import pytest

from models.virality import virality

NONE = np.zeros(0)


def measured(people, sent, joined):
    """Virality of groups from (group, age) of invitations and (group, delay) of newcomers."""
    inviter, age = (np.array(column) for column in zip(*sent, strict=True)) if sent else (NONE,) * 2
    host, delay = (np.array(column) for column in zip(*joined, strict=True)) if joined else (
        NONE, NONE)  # fmt: skip
    return virality(
        np.array(people),
        inviter=inviter.astype(np.int64),
        age_days=age.astype(float),
        host=host.astype(np.int64),
        delay_days=delay.astype(float),
    )


def test_k_by_hand_where_every_invitation_is_old():
    """Ten people send six invitations, three are accepted: K is 0.6 x 0.5."""
    found = measured([10], [(0, 90)] * 6, [(0, 2), (0, 4), (0, 6)])

    assert found.k[0] == pytest.approx(0.3)
    assert found.answered[0] == pytest.approx(0.5)
    assert found.cycle_days[0] == pytest.approx(4.0)


def test_a_young_invitation_counts_only_for_the_days_it_had():
    """Two old invitations, one accepted after 10 days; two of yesterday can tell nothing of it."""
    found = measured([4], [(0, 90), (0, 90), (0, 1), (0, 1)], [(0, 10)])

    assert found.answered[0] == pytest.approx(0.5)
    assert found.k[0] == pytest.approx(4 / 4 * 0.5)


def test_right_censoring_is_corrected():
    """However many invitations are young, K is the one planted; the naive share falls short."""
    random = np.random.default_rng(0)
    age = random.uniform(0, 40, 40_000)
    accepts, delay = random.random(40_000) < 0.4, random.exponential(10, 40_000)
    delay = np.minimum(delay, 29.9)
    joined = accepts & (delay <= age)

    found = measured([20_000], [(0, days) for days in age], [(0, days) for days in delay[joined]])

    planted = 2 * 0.4
    assert found.k[0] == pytest.approx(planted, rel=0.03)
    assert found.cycle_days[0] == pytest.approx(np.mean(delay[accepts]), rel=0.03)
    assert joined.sum() / 20_000 < 0.8 * planted


def test_groups_are_measured_apart():
    """One group's invitations are no risk of another's; who is in none counts for none."""
    sent = [(0, 50), (0, 50), (1, 50), (-1, 50)]
    found = measured([2, 4, 3], sent, [(0, 5), (1, 9), (-1, 1)])

    assert found.k[:2] == pytest.approx([0.5, 0.25])
    assert found.sent.tolist() == [2, 1, 0]
    assert found.accepted.tolist() == [1, 1, 0]
    assert np.isnan(found.k[2])


def test_invitations_nobody_accepted_bring_nothing():
    """K is then nought, and no time can be told."""
    found = measured([5], [(0, 50)], [])

    assert found.k[0] == 0.0
    assert np.isnan(found.cycle_days[0])
