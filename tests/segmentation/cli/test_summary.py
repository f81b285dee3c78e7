"""The summary speaks to people: names, shares, grades, and what is not known."""

import pytest

from segmentation.cli.summary import graded, percent, reasons_sentence, under_parents


@pytest.mark.parametrize(
    ("stability", "said"),
    [
        (0.90, "0.90 solid"),
        (0.80, "0.80 good"),
        (0.70, "0.70 fair"),
        (0.20, "0.20 weak"),
        (None, "not measured"),
    ],
)
def test_a_stability_comes_with_its_grade(stability, said):
    """The grades are Hennig's."""
    assert graded(stability) == said


def test_what_is_not_known_is_called_unknown():
    """A missing share is not 0 %."""
    assert percent(None) == "unknown"
    assert percent(0.034) == "3.4%"


def test_reasons_stand_most_frequent_first():
    """Ties go by the alphabet."""
    assert reasons_sentence({"far": 2, "consent": 2, "too_few_tags": 30}) == (
        "30 too_few_tags, 2 consent, 2 far"
    )
    assert reasons_sentence({}) == "nobody"


def test_circles_stand_under_their_parents():
    """A parent comes where its largest child would, its children below it."""
    rows = [
        {"circle_id": circle, "parent_id": parent}
        for circle, parent in (("p", None), ("a", None), ("b", "p"), ("c", None), ("d", "p"))
    ]

    told = list(under_parents(rows[1:], rows))

    assert [indent + row["circle_id"] for row, indent in told] == ["a", "p", "  b", "  d", "c"]
