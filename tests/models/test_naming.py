"""Names of circles."""

import numpy as np
import pytest
from scipy import sparse

from models.naming import circle_names, readable, top_tags

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


@pytest.mark.parametrize(
    ("tag", "spoken"),
    [
        ("label:household=mom", "mom"),
        ("hour:weekday-evening", "evening on weekdays"),
        ("channel:search", "mostly search"),
        ("spend:high", "high spenders"),
        ("meal_prep", "meal prep"),
    ],
)
def test_tags_are_written_as_people_say_them(tag, spoken):
    """Prefixes become words."""
    assert readable(tag) == spoken
