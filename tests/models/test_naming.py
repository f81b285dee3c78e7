"""Names of circles."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from models.naming import LONGEST, circle_names, top_tags

TAGS = ["yoga", "running", "meal_prep", "running shoes", "label:household=mom", "news"]
CROWD = np.array([0.05, 0.05, 0.05, 0.05, 0.05, 0.75])


def signatures(*rows):
    """Circles x the tags above."""
    return sparse.csr_array(np.array(rows))


def test_a_name_is_made_of_the_most_telling_tags():
    """Most telling first, and a tag that repeats a word is passed over."""
    profiles = signatures([0.4, 0.25, 0.15, 0.2, 0.0, 0.0])

    assert circle_names(profiles, CROWD, TAGS) == ["Yoga, running & meal prep"]


def test_no_two_names_are_the_same():
    """Even where two circles have the very same tags."""
    names = circle_names(signatures(*[[0.4, 0.3, 0.2, 0.0, 0.1, 0.0]] * 8), CROWD, TAGS)

    assert len({name.casefold() for name in names}) == 8


def test_names_of_circles_that_go_on_stay():
    """A new circle takes none of them."""
    profiles = signatures([0.5, 0.5, 0, 0, 0, 0], [0.5, 0.5, 0, 0, 0, 0])

    names = circle_names(profiles, CROWD, TAGS, taken={1: "Yoga & running"})

    assert names[1] == "Yoga & running"
    assert names[0].casefold() != "yoga & running"


def test_denied_tags_are_never_said():
    """Neither in names nor among the top tags; patterns count."""
    profiles = signatures([0.1, 0.0, 0.0, 0.0, 0.9, 0.0])

    assert circle_names(profiles, CROWD, TAGS, denied=["label:*"]) == ["Yoga"]
    assert [tag for tag, _ in top_tags(profiles, CROWD, TAGS, denied=["label:*"])[0]] == ["yoga"]


def test_a_circle_without_a_speakable_tag_still_has_a_name():
    """All of its tags denied."""
    assert circle_names(signatures([0, 0, 0, 0, 1.0, 0]), CROWD, TAGS, denied=["*"]) == ["Circle 1"]


def test_lift_is_the_share_over_the_crowd_s():
    """Twenty times as likely as in the crowd."""
    ((tag, lift),) = top_tags(signatures([0, 0, 1.0, 0, 0, 0]), CROWD, TAGS)[0]

    assert tag == "meal_prep"
    assert np.isclose(lift, 20.0)


def test_a_topic_that_is_a_denied_tag_is_not_said():
    """Two tags begin with it, but nobody may be called by it alone."""
    tags = ["fertility tea", "fertility apps", "yoga", "fertility"]
    profiles, crowd = sparse.csr_array([[0.4, 0.3, 0.2, 0.1]]), np.full(4, 0.01)

    free = circle_names(profiles, crowd, tags)
    bound = circle_names(profiles, crowd, tags, denied=["fertility"])

    assert free == ["Fertility & yoga"]
    assert bound == ["Fertility tea, yoga & fertility apps"]


def test_a_small_change_of_the_shares_changes_no_name():
    """One part in fifty more or less of every tag."""
    rng = np.random.default_rng(0)
    profiles = np.array([[0.4, 0.25, 0.15, 0.2, 0, 0], [0, 0.1, 0.4, 0, 0.3, 0.2]])
    shaken = profiles * rng.uniform(0.98, 1.02, profiles.shape)

    assert circle_names(signatures(*shaken), CROWD, TAGS) == circle_names(
        signatures(*profiles), CROWD, TAGS
    )


@given(
    st.lists(st.text("abc &:=/_", min_size=1, max_size=60), min_size=1, max_size=15, unique=True),
    st.integers(0, 2**16),
)
@settings(max_examples=50, deadline=None, derandomize=True)
def test_names_are_different_and_short_whatever_the_tags(tags, seed):
    """Names fit their length, but for the number that tells equal ones apart."""
    rng = np.random.default_rng(seed)
    profiles = sparse.csr_array(rng.random((6, len(tags))) * (rng.random((6, len(tags))) < 0.6))

    names = circle_names(profiles, np.full(len(tags), 0.1), tags)

    assert len({name.casefold() for name in names}) == 6
    assert all(name.strip() and len(name) <= LONGEST + 2 for name in names)
    assert names == circle_names(profiles, np.full(len(tags), 0.1), tags)
