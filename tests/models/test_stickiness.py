"""Probability of coming back, learned a horizon ago."""

import numpy as np
from scipy.special import expit

from models.stickiness import Habits, learn_returns


def planted_habits(random, n_customers):
    """Habits and the true probability of coming back that goes with them."""
    tenure = random.uniform(1, 400, n_customers)
    recency = random.uniform(0, 1, n_customers) * tenure
    active = 1.0 + random.poisson(tenure / 30)
    truth = expit(1.5 - 0.03 * recency + 0.4 * np.log(active))
    return Habits(recency, active, tenure), truth


def calibration_error(probability, truth):
    """The mean gap in ten bins of equal mass."""
    bins = np.array_split(np.argsort(probability), 10)
    return np.mean([abs(probability[rows].mean() - truth[rows].mean()) for rows in bins])


def test_probabilities_are_calibrated_on_customers_never_seen():
    """Planted truth: learned from some, right for others."""
    random = np.random.default_rng(0)
    habits, truth = planted_habits(random, 20_000)
    others, their_truth = planted_habits(random, 20_000)

    table = learn_returns(habits, came_back=random.random(20_000) < truth)
    probability = table.look_up(others)

    assert calibration_error(probability, their_truth) < 0.02
    assert np.corrcoef(probability, their_truth)[0, 1] > 0.95


def test_few_customers_still_give_sensible_probabilities():
    """Sixty customers: the curve carries what cells cannot."""
    random = np.random.default_rng(1)
    habits, truth = planted_habits(random, 60)
    others, their_truth = planted_habits(random, 2_000)

    probability = learn_returns(habits, came_back=random.random(60) < truth).look_up(others)

    assert probability.min() >= 0.0
    assert probability.max() <= 1.0
    assert np.corrcoef(probability, their_truth)[0, 1] > 0.6


def test_customers_never_active_get_no_claim():
    """NaN, not a guess."""
    habits, truth = planted_habits(np.random.default_rng(2), 500)
    unseen = Habits(np.array([np.nan, 3.0]), np.array([0.0, 5.0]), np.array([np.nan, 50.0]))

    probability = learn_returns(habits, came_back=truth > 0.5).look_up(unseen)

    assert np.isnan(probability[0])
    assert 0.0 < probability[1] < 1.0


def test_nobody_to_learn_from_means_no_claim():
    """Everyone arrived after the cut."""
    nobody = Habits(np.full(3, np.nan), np.zeros(3), np.full(3, np.nan))
    today = Habits(np.ones(3), np.ones(3), np.ones(3))

    assert np.isnan(learn_returns(nobody, came_back=np.ones(3, bool)).look_up(today)).all()


def test_all_returning_or_none_does_not_break_the_curve():
    """Outcomes of one kind give probabilities near it."""
    habits, _ = planted_habits(np.random.default_rng(3), 300)

    always = learn_returns(habits, came_back=np.ones(300, bool)).look_up(habits)
    never = learn_returns(habits, came_back=np.zeros(300, bool)).look_up(habits)

    assert always.min() > 0.9
    assert never.max() < 0.1


def test_the_order_of_customers_does_not_matter():
    """Only counts by cell are learned from."""
    random = np.random.default_rng(4)
    habits, truth = planted_habits(random, 1_000)
    came_back = random.random(1_000) < truth
    order = random.permutation(1_000)
    shuffled = Habits(
        habits.recency_days[order], habits.active_days[order], habits.tenure_days[order]
    )

    one = learn_returns(habits, came_back=came_back).probability
    other = learn_returns(shuffled, came_back=came_back[order]).probability

    assert one.tobytes() == other.tobytes()
