"""Names of circles."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from models.distinction import tag_marks
from models.naming import LONGEST, circle_names, says_denied

TAGS = ["yoga", "running", "meal_prep", "running shoes", "label:household=mom", "news"]
CROWD = np.array([0.05, 0.05, 0.05, 0.05, 0.05, 0.75])


def signatures(*rows):
    """Circles x the tags above."""
    return sparse.csr_array(np.array(rows))


def named(profiles, background, tags, *, denied=(), **asked):
    """Name circles by their signatures alone: nobody was counted."""
    nobody = sparse.csr_array((0, len(tags))), sparse.csr_array((0, profiles.shape[0]))
    marks = tag_marks(*nobody, profiles=profiles, background=background, tags=tags, denied=denied)
    return circle_names(marks, tags, denied=denied, **asked)


def test_a_name_is_made_of_the_most_telling_tags():
    """Most telling first, and a tag that repeats a word is passed over."""
    profiles = signatures([0.4, 0.25, 0.15, 0.2, 0.0, 0.0])

    assert named(profiles, CROWD, TAGS) == ["Yoga, running & meal prep"]


def test_a_name_says_nothing_twice():
    """One topic is a name; the tags that repeat it are none."""
    tags = ["jumbo bag", "jumbo bag pears", "bag of jumbo"]
    profiles, crowd = sparse.csr_array([[0.5, 0.3, 0.2]]), np.full(3, 0.01)

    assert named(profiles, crowd, tags) == ["Jumbo bag"]


def test_no_two_names_are_the_same():
    """Even where two circles have the very same tags."""
    names = named(signatures(*[[0.4, 0.3, 0.2, 0.0, 0.1, 0.0]] * 8), CROWD, TAGS)

    assert len({name.casefold() for name in names}) == 8


def test_names_of_circles_that_go_on_stay():
    """A new circle takes none of them."""
    profiles = signatures([0.5, 0.5, 0, 0, 0, 0], [0.5, 0.5, 0, 0, 0, 0])

    names = named(profiles, CROWD, TAGS, taken={1: "Yoga & running"})

    assert names[1] == "Yoga & running"
    assert names[0].casefold() != "yoga & running"


def test_denied_tags_are_never_said():
    """Patterns count."""
    profiles = signatures([0.1, 0.0, 0.0, 0.0, 0.9, 0.0])

    assert named(profiles, CROWD, TAGS, denied=["label:*"]) == ["Yoga"]


def test_a_circle_without_a_speakable_tag_still_has_a_name():
    """All of its tags denied."""
    assert named(signatures([0, 0, 0, 0, 1.0, 0]), CROWD, TAGS, denied=["*"]) == ["Circle 1"]


def test_a_sure_tag_is_said_before_a_more_telling_one():
    """The signature leans to running, but what its people surely have is yoga."""
    X = np.zeros((60, 6))
    X[:20, 0], X[0, 1], X[:, 5] = 1.0, 1.0, 1.0
    members = sparse.csr_array((np.arange(60) < 20).astype(float)[:, None])
    profiles = signatures([0.3, 0.7, 0, 0, 0, 0])

    marks = tag_marks(sparse.csr_array(X), members, profiles=profiles, background=CROWD, tags=TAGS)

    assert circle_names(marks, TAGS) == ["Yoga"]


def test_a_reserved_name_goes_to_no_circle():
    """Somebody gave it to another circle by hand."""
    profiles = signatures([0.5, 0.5, 0, 0, 0, 0])

    assert named(profiles, CROWD, TAGS, reserved=["yoga & RUNNING"]) != ["Yoga & running"]


def test_a_name_that_says_a_denied_tag_is_known():
    """As it stands or as people say it, in any case, in whole words."""
    tags = ["label:health=diabetes", "yoga"]

    assert says_denied("Diabetes & tea", tags, ["label:health=*"])
    assert not says_denied("Diabetesresearch", tags, ["label:health=*"])
    assert not says_denied("Yoga", tags, ["label:health=*"])
    assert not says_denied("Yoga", tags, [])


def test_a_topic_that_is_a_denied_tag_is_not_said():
    """Two tags begin with it, but nobody may be called by it alone."""
    tags = ["fertility tea", "fertility apps", "yoga", "fertility"]
    profiles, crowd = sparse.csr_array([[0.4, 0.3, 0.2, 0.1]]), np.full(4, 0.01)

    free = named(profiles, crowd, tags)
    bound = named(profiles, crowd, tags, denied=["fertility"])

    assert free == ["Fertility & yoga"]
    assert bound == ["Fertility tea & yoga"]


def test_a_small_change_of_the_shares_changes_no_name():
    """One part in fifty more or less of every tag."""
    rng = np.random.default_rng(0)
    profiles = np.array([[0.4, 0.25, 0.15, 0.2, 0, 0], [0, 0.1, 0.4, 0, 0.3, 0.2]])
    shaken = profiles * rng.uniform(0.98, 1.02, profiles.shape)

    assert named(signatures(*shaken), CROWD, TAGS) == named(signatures(*profiles), CROWD, TAGS)


@given(
    st.lists(st.text("abc &:=/_", min_size=1, max_size=60), min_size=1, max_size=15, unique=True),
    st.integers(0, 2**16),
)
@settings(max_examples=50, deadline=None, derandomize=True)
def test_names_are_different_and_short_whatever_the_tags(tags, seed):
    """Names fit their length, but for the number that tells equal ones apart."""
    rng = np.random.default_rng(seed)
    profiles = sparse.csr_array(rng.random((6, len(tags))) * (rng.random((6, len(tags))) < 0.6))

    names = named(profiles, np.full(len(tags), 0.1), tags)

    assert len({name.casefold() for name in names}) == 6
    assert all(name.strip() and len(name) <= LONGEST + 2 for name in names)
    assert names == named(profiles, np.full(len(tags), 0.1), tags)
