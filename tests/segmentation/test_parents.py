"""Families of circles: who is in them, what they are called, and how they go on."""

import numpy as np
import pyarrow as pa
import pytest
from scipy import sparse

from models.mixture import crowd_shares
from models.profiles import TagProfiles
from models.rows import Rows
from segmentation.circling import FacetCircles, find_circles
from segmentation.config import CirclesConfig
from segmentation.identity import Earlier, identify
from segmentation.kinship import with_parents
from segmentation.parents import families, raised, raised_before
from segmentation.tables import SCHEMAS
from segmentation.tags import FacetMatrix

TAGS = [f"tag {number:03d}" for number in range(90)]


@pytest.fixture(scope="module")
def facet():
    """Six circles in three families: half of a circle's tags are its family's."""
    rng = np.random.default_rng(4)
    rows = np.zeros((1800, 90))
    for person in range(1800):
        circle = person % 6
        shared = 60 + circle // 2 * 10 + rng.choice(10, 4, replace=False)
        own = circle * 10 + rng.choice(10, 4, replace=False)
        rows[person, np.concatenate([shared, own])] = 1.0
    reasons = np.full(1800, "")
    return FacetMatrix(sparse.csr_array(rows), TAGS, reasons, ())


@pytest.fixture(scope="module")
def found(facet):
    """The six circles, found."""
    labels = np.arange(1800, dtype=np.int32) % 6
    strengths = np.full(1800, 0.5)
    members = sparse.csr_array((strengths, (np.arange(1800), labels)), shape=(1800, 6))
    members = members + sparse.csr_array(([0.25, 0.125], ([0, 1], [1, 5])), shape=(1800, 6))
    model = find_circles(facet, CirclesConfig(), name="interest", seed=0).model
    own = [np.r_[c * 10 : c * 10 + 10, 60 + c // 2 * 10 : 70 + c // 2 * 10] for c in range(6)]
    profiles = TagProfiles(
        starts=np.arange(0, 121, 20),
        tags=np.concatenate([np.sort(tags) for tags in own]),
        shares=np.full(120, 0.05),
        background=crowd_shares(Rows.of(facet.matrix)),
        sizes=np.full(6, 1 / 6),
        noise=0.1,
        grid=model.grid,
        grid_weights=model.grid_weights,
    )
    return FacetCircles(labels, sparse.csr_array(members), np.full(1800, ""), profiles)


def test_families_are_those_planted(facet, found):
    """Two circles each."""
    assert families(found, facet).tolist() == [0, 0, 1, 1, 2, 2]


def test_a_person_is_in_a_parent_as_in_its_children_together(found):
    """Strengths add up; a person in two children is one member."""
    above = raised(found, np.array([0, 0, 1, 1, -1, -1]))

    table = above.members.toarray()

    assert table[0].tolist() == [0.75, 0.0]
    assert table[1].tolist() == [0.5, 0.0]
    assert table[4].tolist() == [0.0, 0.0]
    assert above.labels[:6].tolist() == [0, 0, 1, 1, -1, -1]
    assert np.count_nonzero(table[:, 0]) == 600


def test_parents_join_the_members_table():
    """The sum of the strengths, the best of the ranks; circles without a parent add nothing."""
    ids = ["i-1", "i-2", "i-3", "i-9"]
    circles = pa.table({"circle_id": ids, "parent_id": ["i-9", "i-9", None, None]})
    rows = [("a", "i-1", 0.5, 1), ("a", "i-2", 0.25, 2), ("b", "i-3", 0.5, 1), ("b", "i-2", 0.1, 2)]
    members = pa.Table.from_pylist(
        [
            {"user_id": user, "facet": "i", "circle_id": circle, "strength": s, "rank": rank}
            for user, circle, s, rank in rows
        ],
        schema=SCHEMAS["members"],
    )

    added = with_parents(members, circles).to_pylist()[4:]

    assert added == [
        {"user_id": "a", "facet": "i", "circle_id": "i-9", "strength": 0.75, "rank": 1},
        {"user_id": "b", "facet": "i", "circle_id": "i-9", "strength": 0.1, "rank": 2},
    ]


def identified(found, facet, parent, earlier, run_id):
    """Circles and parents of a run, and what the next run will find of it."""
    named = {"facet": "interest", "user_ids": USERS, "run_id": run_id, "denied": ()}
    own = identify(found, facet, earlier=earlier, **named)
    above = identify(
        raised(found, parent),
        facet,
        earlier=raised_before(earlier, next_number=own.next_number),
        reserved=own.names,
        **named,
    )
    ids = [above.circle_ids[each] if each >= 0 else None for each in parent]
    circles = [
        {"circle_id": circle, "name": name, "first_run": first, "parent_id": up, "size": 300}
        for circle, name, first, up in zip(
            own.circle_ids, own.names, own.first_run, ids, strict=True
        )
    ]
    parents = [
        {"circle_id": circle, "name": name, "first_run": first, "parent_id": None, "size": 600}
        for circle, name, first in zip(above.circle_ids, above.names, above.first_run, strict=True)
    ]
    members = pa.table(
        {
            "user_id": USERS,
            "facet": ["interest"] * len(USERS),
            "circle_id": [own.circle_ids[label] for label in found.labels],
            "strength": [1.0] * len(USERS),
            "rank": pa.array([1] * len(USERS), pa.int32()),
        }
    )
    return above, Earlier(
        people=pa.array(USERS),
        circles=circles,
        members=members,
        signatures=found.model.signatures.to_csr(),
        tags=facet.tags,
        lineage=own.lineage + above.lineage,
        next_number=above.next_number,
        parents=parents,
    )


USERS = [f"u{number:04d}" for number in range(1800)]


def test_parents_have_ids_and_names_of_their_own_that_go_on(facet, found):
    """In the next run the families come in another order and one more circle has left."""
    first, earlier = identified(found, facet, np.array([0, 0, 1, 1, 2, 2]), Earlier(), "one")

    second, _ = identified(found, facet, np.array([2, 2, 0, 0, 1, -1]), earlier, "two")

    assert first.circle_ids == ["interest-7", "interest-8", "interest-9"]
    assert second.circle_ids == ["interest-8", "interest-9", "interest-7"]
    assert second.names == [first.names[1], first.names[2], first.names[0]]
    assert second.first_run == ["one"] * 3
    assert len({*first.names, *(row["name"] for row in earlier.circles)}) == 9
    events = {row["circle_id"]: row["event"] for row in second.lineage}
    assert events == {
        "interest-7": "continued",
        "interest-8": "continued",
        "interest-9": "shrunk",
    }


def test_a_family_that_is_no_more_retires_and_its_number_with_it(facet, found):
    """Without families the next run has no parents; their numbers are never used again."""
    _, earlier = identified(found, facet, np.array([0, 0, 1, 1, 2, 2]), Earlier(), "one")

    second, _ = identified(found, facet, np.full(6, -1), earlier, "two")

    assert second.circle_ids == []
    assert {row["event"] for row in second.lineage} == {"retired"}
    assert second.next_number == 10


def test_a_parent_is_told_by_the_tags_of_its_family(facet, found):
    """The tags both children share come first."""
    first, _ = identified(found, facet, np.array([0, 0, 1, 1, 2, 2]), Earlier(), "one")

    told = [tag["tag"] for tag in first.top_tags[0][:6]]

    assert set(told) <= set(TAGS[60:70])
