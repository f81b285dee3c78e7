"""Which tags set a circle's people apart."""

import numpy as np
import pytest
from scipy import sparse, stats

from models.distinction import Counts, corrected, significance, tag_marks

TAGS = ["yoga", "news", "tea"]


def people(*rows):
    """People x tags, or people x circles."""
    return sparse.csr_array(np.array(rows, dtype=float))


@pytest.fixture
def yoga_and_others():
    """Ten yogis among a hundred people; everyone reads the news, one yogi drinks tea."""
    X = np.zeros((100, 3))
    X[:10, 0], X[:, 1], X[0, 2] = 2.0, 1.0, 1.0
    members = np.zeros((100, 1))
    members[:10, 0] = 0.7
    return sparse.csr_array(X), sparse.csr_array(members)


def marks(X, members, **asked):
    """The marks of circles whose signature holds all tags alike."""
    count = members.shape[1]
    profiles = sparse.csr_array(np.full((count, 3), 1 / 3))
    background = np.array([0.05, 0.9, 0.05])
    return tag_marks(X, members, profiles=profiles, background=background, tags=TAGS, **asked)


def test_share_and_lift_are_counted_among_people(yoga_and_others):
    """All members have the tag, a tenth of everyone: ten times as many."""
    (row,) = marks(*yoga_and_others)

    yoga = next(mark for mark in row if mark.tag == "yoga")
    assert (yoga.share, yoga.lift) == (1.0, 10.0)
    assert yoga.is_sure


def test_what_everyone_has_or_one_person_alone_is_not_sure(yoga_and_others):
    """News tell nothing, and one drinker of tea may be chance."""
    (row,) = marks(*yoga_and_others)

    assert [mark.tag for mark in row if not mark.is_sure] == ["tea", "news"]


def test_significance_is_the_corrected_binomial_tail(yoga_and_others):
    """Checked against the distribution itself; three questions are asked."""
    X, members = yoga_and_others

    found = significance(Counts.of(X, members))

    tails = stats.binom.sf(np.array([10, 10, 1]) - 1, 10, np.array([0.1, 1.0, 0.01]))
    np.testing.assert_allclose(found, stats.false_discovery_control(tails), rtol=1e-9)


def test_correction_counts_the_questions_not_listed():
    """Unlisted ones are answered 1, as if they stood in the list."""
    p_values = np.array([0.001, 0.2, 0.01, 0.04])

    q_values = corrected(p_values, questions=10)

    full = stats.false_discovery_control(np.append(p_values, np.ones(6)))
    np.testing.assert_allclose(q_values, full[:4])


def test_chance_alone_makes_hardly_a_tag_sure():
    """Circles drawn by lot from people who are all alike."""
    rng = np.random.default_rng(0)
    X = sparse.csr_array((rng.random((2000, 300)) < 0.05).astype(float))
    members = sparse.csr_array(np.eye(10)[rng.integers(0, 10, 2000)])

    q_values = significance(Counts.of(X, members))

    assert (q_values <= 0.05).sum() <= 2


def test_people_without_a_tag_are_no_crowd():
    """Empty rows change no lift."""
    X = people([1, 1, 0], [0, 1, 0])
    members = people([1.0], [0.0])
    longer = sparse.vstack([X, sparse.csr_array((50, 3))], format="csr")
    nobody = sparse.vstack([members, sparse.csr_array((50, 1))], format="csr")

    assert marks(X, members) == marks(longer, nobody)


def test_denied_tags_are_left_out(yoga_and_others):
    """Patterns count."""
    (row,) = marks(*yoga_and_others, denied=["y*"])

    assert "yoga" not in {mark.tag for mark in row}
