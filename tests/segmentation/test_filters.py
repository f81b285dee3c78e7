"""The audience language is AIP-160's, and errors point at the character."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation.errors import FilterError
from segmentation.filter_tree import EVERYONE, And, Not, Or, Restriction, conditions, written
from segmentation.filters import DEEPEST, LONGEST, MOST_CONDITIONS, parse
from tests.filters import trees

ALPHABET = st.sampled_from([*"ab1.:=<>!-()\"'\\* \n,", "AND ", " OR ", "NOT ", 'tag:"x"'])


def shape(node):
    """A tree as nested lists of its fields and values."""
    match node:
        case Restriction():
            return f"{node.name}{node.comparator}{node.value.text}"
        case Not(part):
            return ["not", shape(part)]
        case And(parts):
            return ["and", *map(shape, parts)]
        case Or(parts):
            return ["or", *map(shape, parts)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tag = a", "tag=a"),
        ('tag:"a"', "tag:a"),
        ("tag='it\\'s'", "tag=it's"),
        ("share_propensity>-0.5", "share_propensity>-0.5"),
        ("value >= 1e-3", "value>=1e-3"),
        ("circle=interest-17", "circle=interest-17"),
        ('label."first tier" = x', "label.first tier=x"),
        ("facet.primary != a", "facet.primary!=a"),
        ("a=1 AND b=2 AND c=3", ["and", "a=1", "b=2", "c=3"]),
        ("a=1 b=2", ["and", "a=1", "b=2"]),
        ("a=1 AND b=2 OR c=3", ["and", "a=1", ["or", "b=2", "c=3"]]),
        ("a=1 OR b=2 c=3", ["and", ["or", "a=1", "b=2"], "c=3"]),
        ("(a=1 AND b=2) OR c=3", ["or", ["and", "a=1", "b=2"], "c=3"]),
        ("NOT a=1", ["not", "a=1"]),
        ("-a=1", ["not", "a=1"]),
        ("NOT (a=1 OR -b=2)", ["not", ["or", "a=1", ["not", "b=2"]]]),
        ("tag:(x OR y AND -z)", ["and", ["or", "tag:x", "tag:y"], ["not", "tag:z"]]),
        ("NOT(a=1)", ["not", "a=1"]),
        ("ANDROID=1 OR NOTE=2", ["or", "ANDROID=1", "NOTE=2"]),
        ("  ", ["and"]),
    ],
)
def test_a_filter_is_read_as_the_grammar_has_it(text, expected):
    """`OR` binds closer than `AND`; side by side means `AND`; a value may be a group."""
    assert shape(parse(text)) == expected


def test_an_empty_filter_is_everyone():
    """As in AIP-160, nothing asked is nothing left out."""
    assert parse("") == EVERYONE


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("tag", 1, "compared with nothing"),
        ("tag =", 6, "value is expected"),
        ("tag = AND", 7, "value is expected"),
        ("a=1 AND", 8, "field is expected"),
        ("a=1 OR OR b=2", 8, "field is expected"),
        ("(a=1", 5, "`(` of character 1 is not closed"),
        ("a=1)", 4, "nothing to close"),
        ("a=1 AND (b=2 OR ", 17, "field is expected"),
        ("tag:hour:evening", 9, "stands in quotes"),
        ("regex(tag)", 6, "no functions"),
        ("a > (1 OR 2)", 6, "compares with one value"),
        ('tag:"open', 5, "value is expected"),
        ("= 1", 1, "field is expected"),
    ],
)
def test_an_error_points_at_the_character(text, position, said):
    """Counted from 1, and the message says it too."""
    with pytest.raises(FilterError) as caught:
        parse(text)

    assert caught.value.position == position
    assert f"character {position}" in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "(" * (DEEPEST + 1) + "a=1" + ")" * (DEEPEST + 1),
        " OR ".join(["a=1"] * (MOST_CONDITIONS + 1)),
        "a=" + "1" * LONGEST,
    ],
)
def test_a_filter_has_bounds(text):
    """Nobody exhausts the server by one filter."""
    with pytest.raises(FilterError):
        parse(text)


@settings(deadline=None)
@given(st.lists(ALPHABET, max_size=40).map("".join))
def test_any_text_is_read_or_refused(text):
    """Nothing but a filter error with a position inside the text comes out."""
    refused = None
    try:
        parse(text)
    except FilterError as error:
        refused = error

    assert refused is None or 1 <= refused.position <= len(text) + 1


@settings(deadline=None)
@given(trees())
def test_a_tree_written_out_is_read_as_itself(tree):
    """Whatever stands in its values."""
    again = parse(written(tree))

    assert written(again) == written(tree)
    assert [each.value.pieces for each in conditions(again)] == [
        each.value.pieces for each in conditions(tree)
    ]
