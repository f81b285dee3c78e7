"""Planted effects of circles and tags are found again."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import special, stats

from models.resonance import expit
from models.resonating import Shown, learn_resonance

CIRCLES, TAGS, CONTENTS = 12, 30, 400


def planted(seed=0, *, exposures=60, power=1.0, has_own=True, between=0.0, tags=TAGS):
    """Contents of one to three tags shown to every circle; what they share has planted effects.

    `between` is the standard deviation of contents with the same tags.
    """
    rng = np.random.default_rng(seed)
    content_tag = np.array([
        (content, tag)
        for content in range(CONTENTS)
        for tag in rng.choice(tags, size=rng.integers(1, 4), replace=False)
    ])  # fmt: skip
    base, effect = rng.normal(-3, 0.3, CIRCLES), rng.normal(0, 0.8, tags)
    taste = rng.normal(0, 1, (CIRCLES, tags))
    own = (0.4 * taste + rng.normal(0, 0.4, taste.shape)) * has_own
    has = np.zeros((CONTENTS, tags))
    has[tuple(content_tag.T)] = 1
    has *= has.sum(axis=1, keepdims=True) ** -power
    odds = base[:, None] + (effect + own) @ has.T + between * luck_of(seed)
    circle, content = np.divmod(np.arange(CIRCLES * CONTENTS), CONTENTS)
    shown = rng.poisson(exposures, circle.size).astype(float)
    shares = rng.binomial(shown.astype(int), special.expit(odds[circle, content])).astype(float)
    return Shown(circle, content, shown, shares, content_tag, taste), odds, effect + own


@pytest.fixture(scope="module")
def learned():
    """A fit of the planted world, its log-odds by circle and content, its effects."""
    shown, odds, effects = planted()
    return learn_resonance(shown), shown, odds, effects


def luck_of(seed):
    """What sets contents of the same tags apart, of variance 1."""
    return np.random.default_rng([seed, 1]).standard_normal(CONTENTS)


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


def held(found, shown, odds, contents, between=0.0):
    """How often the bounds hold rates of contents, whatever luck such contents might have had."""
    luck = between * stats.norm.ppf((np.arange(99) + 0.5) / 99)
    truth = special.expit(odds[:, contents, None] + luck)
    answers = rates(found, shown, contents)
    low, high = (np.array([getattr(each, end) for each in answers]).T for end in ("low", "high"))
    return np.mean((low[..., None] <= truth) & (truth <= high[..., None]))


def without_contents(shown, hidden):
    """What was shown of all contents but some."""
    kept = ~np.isin(shown.content, hidden)
    return replace(shown, circle=shown.circle[kept], content=shown.content[kept],
                   exposures=shown.exposures[kept], shares=shown.shares[kept])  # fmt: skip


LATER = np.arange(300, CONTENTS)


@pytest.mark.parametrize("between", [0.0, 0.7])
def test_bounds_hold_contents_not_yet_made(between):
    """Eight times in ten or little more, whether contents of the same tags are alike or differ."""
    inside = []
    for seed in (5, 6, 7):
        shown, odds, _ = planted(seed, between=between)
        found = learn_resonance(without_contents(shown, LATER))
        alike = odds - between * luck_of(seed)
        inside.append(held(found, shown, alike, LATER, between))

    assert 0.74 <= np.mean(inside) <= 0.9


def test_bounds_hold_where_hardly_a_share_tells_of_a_tag():
    """With four shares a tag, each seen beside others, they hold as often as they say."""
    inside = []
    for seed in (8, 9, 10):
        shown, odds, _ = planted(seed, exposures=2, tags=300)
        found = learn_resonance(without_contents(shown, LATER))
        inside.append(held(found, shown, odds, LATER))

    assert np.mean(inside) == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize("between", [0.0, 0.3, 0.7])
def test_how_much_contents_of_the_same_tags_differ_is_found(between):
    """The variance between contents is found, and none where there is none."""
    shown, _, _ = planted(11, between=between)

    found = learn_resonance(shown)

    assert found.between == pytest.approx(between**2, abs=0.03 + 0.2 * between**2)


def test_a_tag_one_circle_alone_was_shown_is_surer_there_than_elsewhere():
    """Of others it is known less, since what is the circle's own cannot be told from it."""
    shown, _, _ = planted(12, exposures=400)
    tags = {}
    for content, tag in shown.content_tag.tolist():
        tags.setdefault(content, set()).add(tag)
    alone = np.array([3 in tags[content] for content in shown.content.tolist()])
    kept = ~alone | (shown.circle == 0)
    part = replace(shown, circle=shown.circle[kept], content=shown.content[kept],
                   exposures=shown.exposures[kept], shares=shown.shares[kept])  # fmt: skip

    found = learn_resonance(part)

    variances = found.tag(3)[1]
    assert np.all(variances > 0)
    assert variances[0] < 0.7 * variances[1:].min()


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
