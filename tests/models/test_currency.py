"""Social currency of tags and users."""

import numpy as np
import pytest

from models.currency import LEVERS, projected_self, social_currency, tag_currency, without_lever


def test_what_is_shown_off_ranks_above_what_is_hidden():
    """Planted currency is found again, by size and by sign."""
    rng = np.random.default_rng(0)
    planted, popularity = rng.normal(0, 1, 200), rng.pareto(1.5, 200) + 0.1
    consumed = rng.poisson(500 * popularity)
    shared = rng.poisson(25 * popularity * np.exp(planted))

    worth = tag_currency(shared * 1.0, consumed=consumed * 1.0)

    assert np.corrcoef(planted, worth.log_odds)[0, 1] > 0.85
    sure = np.abs(worth.z) > 4
    assert np.mean(np.sign(worth.log_odds[sure]) == np.sign((planted - planted.mean())[sure])) > 0.9


def test_a_rare_tag_says_little():
    """Two shares of an unheard tag count less than two hundred of a known one."""
    worth = tag_currency(np.array([2.0, 200.0, 800.0]), consumed=np.array([0.0, 100.0, 9_000.0]))

    assert worth.z[0] < worth.z[1]


def test_the_two_sides_are_opposites():
    """Swapping shared and consumed turns the sign."""
    shared, consumed = np.array([5.0, 50.0, 9.0]), np.array([60.0, 3.0, 11.0])

    there = tag_currency(shared, consumed=consumed).log_odds
    back = tag_currency(consumed, consumed=shared).log_odds

    assert there == pytest.approx(-back)


def test_a_lone_tag_has_no_currency():
    """With a single tag there is nothing it could be shared more than."""
    worth = tag_currency(np.array([5.0]), consumed=np.array([50.0]))

    assert worth.log_odds.tolist() == [0.0]
    assert worth.z.tolist() == [0.0]


def test_a_circle_projects_what_it_shares_more_than_others():
    """Each of two circles shows its own tag and not the common one."""
    shared = np.array([[90.0, 5.0, 100.0], [5.0, 90.0, 100.0]])

    shows = projected_self(shared)

    assert shows.tolist() == [[True, False, False], [False, True, False]]


def test_levers_sum_to_the_score():
    """Whatever the evidence, the parts make the whole, within 0 and 1."""
    evidence = np.random.default_rng(1).poisson(2.0, (500, 6)) * 1.0

    currency = social_currency(evidence)

    assert currency.levers.sum(axis=1) == pytest.approx(currency.score)
    assert currency.score.min() >= 0
    assert currency.score.max() < 1


def test_no_evidence_gives_no_currency():
    """Somebody who did nothing has nothing."""
    assert social_currency(np.zeros((3, 6))).score.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("lever", LEVERS)
def test_more_evidence_never_lowers_the_score(lever):
    """Each lever pays for what feeds it, and leaving it out takes exactly that away."""
    evidence = np.ones((3, 6))
    evidence[:, LEVERS.index(lever)] = [0, 1, 5]

    currency = social_currency(evidence)

    assert np.all(np.diff(currency.score) > 0)
    assert np.ptp(without_lever(currency, lever)) == pytest.approx(0)
