"""Counts turned into features."""

import numpy as np
import pytest

from models.evidence import COUNTS, FEATURES, features, lift


def counts(**given):
    """One exposure of which nothing is known but what is given."""
    values = dict.fromkeys(COUNTS, 0.0) | {"crowd_exposures": 980.0, "crowd_shares": 49.0} | given
    return {name: np.array([value]) for name, value in values.items()}


def feature(name, **given):
    """One feature of one exposure."""
    return features(counts(**given))[0, FEATURES.index(name)]


def test_the_unknown_lie_level_with_the_crowd():
    """Without a past every lift is 0."""
    for name in ("user_lift", "content_lift", "author_lift", "tag_lift", "circle_lift"):
        assert feature(name) == 0.0


def test_one_lucky_share_lifts_less_than_ten():
    """The same rate counts for more when it rests on more."""
    once = feature("user_lift", user_exposures=2.0, user_shares=1.0)
    often = feature("user_lift", user_exposures=20.0, user_shares=10.0)

    assert 0 < once < often


def test_users_are_pulled_toward_their_circle():
    """A newcomer of a sharing circle is expected to share more than the crowd."""
    newcomer = feature("user_lift", circle_exposures=1_000.0, circle_shares=200.0)

    assert newcomer == pytest.approx(np.log(4), abs=0.1)


def test_resonance_is_what_the_circle_adds_to_the_tag():
    """A tag everybody shares alike has currency and no resonance."""
    given = {"tag_exposures": 1_000.0, "tag_shares": 200.0,
             "circle_tag_exposures": 100.0, "circle_tag_shares": 20.0}  # fmt: skip

    assert feature("tag_lift", **given) > 1
    assert abs(feature("resonance", **given)) < 0.15


def test_tag_match_is_unknown_without_a_past():
    """Nothing consumed says nothing of taste, rather than a bad match."""
    assert np.isnan(feature("tag_match"))
    assert feature("tag_match", user_private=4.0, user_tag_private=1.0) == 0.25


def test_lift_is_the_shrunk_log_rate_ratio():
    """Twice the expected shares, many times over, is ln 2."""
    given = counts(author_exposures=1e6, author_shares=1e5)

    assert lift(given, "author", expected_rate=np.array([0.05]))[0] == pytest.approx(
        np.log(2), abs=1e-3
    )
