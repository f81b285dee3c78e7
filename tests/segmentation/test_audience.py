"""What an audience holds is what going through everyone one by one finds."""

import re
from operator import eq, ge, gt, le, lt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmentation.bitmaps import bitmap_of
from segmentation.errors import FilterError
from segmentation.filter_tree import And, Not, Or, written
from segmentation.index import Snapshot
from segmentation.tables import read_table
from tests.filters import trees
from tests.snapshots import PURPOSES, STAGES, TAGS, TIERS, build_snapshot, build_tables

USERS = 240
COMPARE = {"=": eq, ":": eq, "<": lt, "<=": le, ">": gt, ">=": ge}
RANKS = {"tier": TIERS, "stage": STAGES}


class People(list):
    """Everyone, in a failure's report by number alone."""

    def __repr__(self):
        return f"{len(self)} people"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of a planted snapshot."""
    place = tmp_path_factory.mktemp("audience") / "run"
    build_snapshot(place, users=USERS).close()
    return place


@pytest.fixture(scope="module")
def snapshot(folder):
    """A planted snapshot, opened."""
    with Snapshot.open(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def people(folder):
    """Everyone, as a record with all that may be asked of them."""
    users = read_table(folder, "users").to_pylist()
    circles = {row["user_id"]: [] for row in users}
    for row in read_table(folder, "members").to_pylist():
        circles[row["user_id"]].append(row["circle_id"])
    tags = [set() for _ in users]
    for tag, rows in build_tables(users=USERS).tags:
        for row in rows:
            tags[row].add(tag)
    return People(
        row
        | {"circle": circles[row["user_id"]], "tag": tags[at], "stage": row["lifecycle_stage"]}
        | {
            "facet.primary": [row["interest_circle"], row["lifestyle_circle"]],
            "interest.primary": [row["interest_circle"]],
            "lifestyle.primary": [row["lifestyle_circle"]],
        }
        for at, row in enumerate(users)
    )


def values_of(person, name):
    """All values a person has of a field, as text or numbers."""
    if name.startswith("label."):
        begin = f"label:{name.removeprefix('label.')}="
        return [tag.removeprefix(begin) for tag in person["tag"] if tag.startswith(begin)]
    value = person[name]
    values = value if isinstance(value, list | set) else [value]
    return [value for value in values if value is not None]


def is_true(person, node):
    """Whether a filter is true of one person, by going through it word by word."""
    match node:
        case Not(part):
            return not is_true(person, part)
        case And(parts):
            return all(is_true(person, part) for part in parts)
        case Or(parts):
            return any(is_true(person, part) for part in parts)
    name, comparator, values = node.name, node.comparator, values_of(person, node.name)
    if comparator == "!=":
        return not any(str(value) == node.value.text or same(value, node) for value in values)
    if node.value.is_wild:
        glob = ".*".join(map(re.escape, node.value.pieces))
        return any(re.fullmatch(glob, str(value), re.DOTALL) for value in values)
    return any(compared(name, comparator, value, node.value.text) for value in values)


def same(value, node):
    """Whether a number equals the one asked for."""
    return isinstance(value, float) and value == float(node.value.text)


def compared(name, comparator, value, text):
    """Compare one value with text: by number, by rank, or bytewise."""
    if isinstance(value, float):
        return COMPARE[comparator](value, float(text))
    if name in RANKS:
        return COMPARE[comparator](RANKS[name].index(value), RANKS[name].index(text))
    return COMPARE[comparator](value.encode(), text.encode())


@settings(max_examples=1000, deadline=None, derandomize=True)
@given(tree=trees(USERS))
def test_an_audience_is_whom_the_filter_is_true_of(snapshot, people, tree):
    """A thousand random filters against going through everyone; counts of all parts too."""
    audience = snapshot.audience(written(tree))

    expected = sorted(person["user_id"] for person in people if is_true(person, tree))
    assert sorted(audience.ids()) == expected
    assert len(audience) == len(expected) == audience.explain()["count"]


@settings(max_examples=50, deadline=None)
@given(tree=trees(USERS), data=st.data())
def test_the_hidden_are_in_no_audience(snapshot, tree, data):
    """Not even in one that asks for everybody else."""
    hidden = bitmap_of(data.draw(st.lists(st.integers(0, USERS - 1), unique=True)))
    text = written(tree)

    seen = snapshot.audience(text, hidden=hidden).places

    assert seen == snapshot.audience(text).places - hidden


@settings(max_examples=50, deadline=None)
@given(tree=trees(USERS))
def test_each_part_of_an_explanation_is_a_filter_of_its_own(snapshot, tree):
    """Its text, asked alone, gives its count."""
    told = [snapshot.audience(written(tree)).explain()]
    while told:
        part = told.pop()
        assert len(snapshot.audience(part["text"])) == part["count"]
        told += part["parts"]


def test_people_come_by_circle_the_likeliest_first(snapshot, people):
    """So the first of a circle are whom to ask first."""
    known = {person["user_id"]: person for person in people}

    chances = [
        known[user_id]["share_propensity"]
        for user_id in snapshot.audience("interest.primary = interest-1").ids()
    ]

    assert len(chances) > 10
    assert chances == sorted(chances, reverse=True)


def test_pages_of_an_audience_join_up(snapshot):
    """Everyone once."""
    audience = snapshot.audience("stickiness > 0.2")

    pages = [list(audience.ids(offset=start, limit=97)) for start in range(0, len(audience), 97)]

    assert [user_id for page in pages for user_id in page] == list(audience.ids())


@pytest.mark.parametrize("purpose", PURPOSES)
def test_who_refuses_a_purpose_is_known(snapshot, people, purpose):
    """Who refuses everything refuses each."""
    refused = dict(build_tables(users=USERS).refusals)
    rows = {*refused[purpose], *refused["*"]}

    ids = set(snapshot.audiences.ids(snapshot.audiences.refusing(purpose)))

    assert ids == {people[row]["user_id"] for row in rows}


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("share_propencity > 0.2", 1, "Did you mean `share_propensity`?"),
        ("tag:x AND circle = interest-33", 20, "Did you mean `interest-3`?"),
        ('tier >= "golden"', 9, "Did you mean `gold`?"),
        ("stage = retained", 9, "Did you mean `retain`?"),
        ("tier:* AND label.houshold = mom", 12, "Did you mean `label.household`?"),
        ("label.houshold:*", 1, "Did you mean `label.household`?"),
        ("facet.primary = x", 17, "not a circle"),
        ("influence > high", 13, "not a number"),
        ("influence > nan", 13, "not a number"),
        ("circle > interest-1", 1, "no order"),
        ("tier > g*", 8, "not a tier"),
        ("user_id = *x", 1, "wildcard"),
        ("label = mom", 1, "not a field"),
    ],
)
def test_what_the_snapshot_does_not_have_is_pointed_at(snapshot, text, position, said):
    """With the name that comes nearest."""
    with pytest.raises(FilterError) as caught:
        snapshot.audience(text)

    assert caught.value.position == position
    assert said in str(caught.value)


def test_a_tag_nobody_has_is_no_error(snapshot):
    """Tags are an open vocabulary: another run may know it."""
    assert len(snapshot.audience("tag = unheard-of")) == 0
    assert len(snapshot.audience("NOT tag = unheard-of")) == USERS


@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_is_found_whatever_it_is_made_of(snapshot, tag):
    """Quotes, wildcards and colons in it are taken literally when escaped."""
    held = dict(build_tables(users=USERS).tags)[tag]
    escaped = tag.replace("\\", "\\\\").replace('"', '\\"').replace("*", "\\*")

    assert len(snapshot.audience(f'tag:"{escaped}"')) == len(held)


def test_an_empty_snapshot_has_empty_audiences(tmp_path):
    """Whatever is asked."""
    with build_snapshot(tmp_path / "run", users=0) as snapshot:
        for text in ("", "NOT tag:x", "value > 0", 'user_id < "z"', "circle = interest-1"):
            assert len(snapshot.audience(text)) == 0
