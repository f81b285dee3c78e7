"""Planted effects of circles and tags are found again."""

import numpy as np
import pytest
from scipy import special

from models.resonance import expit
from models.resonating import Shown, learn_resonance

CIRCLES, TAGS, CONTENTS = 12, 30, 400


def planted(seed=0, *, exposures=60, power=1.0, has_own=True):
    """Contents of one to three tags shown to every circle; what they share has planted effects."""
    rng = np.random.default_rng(seed)
    content_tag = np.array([
        (content, tag)
        for content in range(CONTENTS)
        for tag in rng.choice(TAGS, size=rng.integers(1, 4), replace=False)
    ])  # fmt: skip
    base, effect = rng.normal(-3, 0.3, CIRCLES), rng.normal(0, 0.8, TAGS)
    taste = rng.normal(0, 1, (CIRCLES, TAGS))
    own = (0.4 * taste + rng.normal(0, 0.4, taste.shape)) * has_own
    has = np.zeros((CONTENTS, TAGS))
    has[tuple(content_tag.T)] = 1
    has *= has.sum(axis=1, keepdims=True) ** -power
    odds = base[:, None] + (effect + own) @ has.T
    circle, content = np.divmod(np.arange(CIRCLES * CONTENTS), CONTENTS)
    shown = rng.poisson(exposures, circle.size).astype(float)
    shares = rng.binomial(shown.astype(int), special.expit(odds[circle, content])).astype(float)
    return Shown(circle, content, shown, shares, content_tag, taste), odds, effect + own


@pytest.fixture(scope="module")
def learned():
    """A fit of the planted world, its log-odds by circle and content, its effects."""
    shown, odds, effects = planted()
    return learn_resonance(shown), shown, odds, effects


def rates(found, shown, contents):
    """Answers for some contents of the planted world."""
    tags = {
        content: shown.content_tag[shown.content_tag[:, 0] == content, 1] for content in contents
    }
    return [found.answer(tags[content].tolist()) for content in contents]


def test_rates_of_circles_are_found(learned):
    """Expected rates follow the planted ones, and are neither high nor low on the whole."""
    found, shown, odds, _ = learned

    said = np.array([each.rate for each in rates(found, shown, range(CONTENTS))]).T

    assert np.corrcoef(special.logit(said).ravel(), odds.ravel())[0, 1] > 0.9
    assert said.mean() == pytest.approx(special.expit(odds).mean(), rel=0.05)


def test_bounds_hold_the_planted_rate_about_as_often_as_said(learned):
    """Of eight times in ten promised at least seven are kept, and not all of them."""
    found, shown, odds, _ = learned
    answers = rates(found, shown, range(CONTENTS))

    truth = special.expit(odds)
    inside = [
        (answer.low <= truth[:, at]) & (truth[:, at] <= answer.high)
        for at, answer in enumerate(answers)
    ]

    assert 0.7 <= np.mean(inside) <= 0.97


@pytest.mark.parametrize("power", [0.0, 1.0])
def test_whether_tags_add_up_is_found_out(power):
    """A world of sums and a world of means are told apart."""
    shown, _, _ = planted(seed=1, power=power)

    assert learn_resonance(shown).power[0] == power


def test_a_tag_never_shown_to_a_circle_is_judged_by_taste_and_by_others():
    """Hidden pairs are ranked by what others share and what the circle likes."""
    shown, _, effects = planted(seed=2)
    tags = {}
    for content, tag in shown.content_tag.tolist():
        tags.setdefault(content, set()).add(tag)
    hidden = {
        (circle, (7 * circle + step) % TAGS) for circle in range(CIRCLES) for step in range(5)
    }
    kept = np.array([
        not any((circle, tag) in hidden for tag in tags[content])
        for circle, content in zip(shown.circle.tolist(), shown.content.tolist(), strict=True)
    ])  # fmt: skip
    part = Shown(shown.circle[kept], shown.content[kept], shown.exposures[kept],
                 shown.shares[kept], shown.content_tag, shown.taste)  # fmt: skip

    found = learn_resonance(part)

    said = [found.tag(tag)[0, circle] for circle, tag in sorted(hidden)]
    true = [effects[circle, tag] for circle, tag in sorted(hidden)]
    assert np.corrcoef(said, true)[0, 1] > 0.6


def test_noise_is_drawn_to_nothing():
    """Where circles add nothing of their own their effects stay small and their bounds wide."""
    shown, _, _ = planted(seed=3, exposures=4, has_own=False)

    found = learn_resonance(shown)

    assert np.abs(found.own).max() < 0.35


def test_few_shares_give_wide_bounds():
    """Ten shares say little of a circle; the bounds admit it."""
    shown, _, _ = planted(seed=4)
    few = np.zeros_like(shown.shares)
    few[np.random.default_rng(0).choice(few.size, 10, replace=False)] = 1.0
    poor = Shown(shown.circle, shown.content, shown.exposures / 20, few, shown.content_tag,
                 shown.taste)  # fmt: skip

    answer = learn_resonance(poor).answer([0])

    assert np.all(answer.high / answer.low > 1.5)
    assert np.all(answer.rate < 0.01)


def test_usual_is_what_a_circle_shares_of_what_everybody_sees(learned):
    """The mean over contents as often as they are shown, not over those shown to the circle."""
    found, shown, _, _ = learned
    weight = np.bincount(shown.content, weights=shown.exposures)

    said = np.array([each.rate for each in rates(found, shown, range(CONTENTS))])

    assert found.usual == pytest.approx((weight / weight.sum()) @ said)
    assert np.all(found.usual < expit(found.base + 1))
