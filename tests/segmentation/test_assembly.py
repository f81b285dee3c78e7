"""What the stages found becomes tables people can read."""

import numpy as np
import pyarrow as pa
from scipy import sparse

from models.crosstab import crosstab
from segmentation.assembly import (
    circles_table,
    crosstab_table,
    known,
    members_table,
    primary_circles,
    spoken,
)

MEMBERS = sparse.csr_array(np.array([[0.2, 0.5], [0.0, 0.0], [0.9, 0.0]]))
IDS = ["interest-4", "interest-7"]


def test_ranks_follow_strength_within_a_person():
    """Rank 1 is the strongest circle; people in none have no row."""
    table = members_table(
        MEMBERS, user_ids=pa.array(["a", "b", "c"]), circle_ids=IDS, facet="interest"
    )

    assert table.select(["user_id", "circle_id", "rank"]).to_pylist() == [
        {"user_id": "a", "circle_id": "interest-7", "rank": 1},
        {"user_id": "a", "circle_id": "interest-4", "rank": 2},
        {"user_id": "c", "circle_id": "interest-4", "rank": 1},
    ]


def test_a_circle_counts_all_its_members_and_averages_their_propensity():
    """Second circles count as much as first ones."""
    identity = {
        "circle_ids": IDS, "names": ["One", "Two"], "top_tags": [[], []], "first_run": ["r", "r"]
    }  # fmt: skip
    measured = {name: np.array([0.9, np.nan]) for name in ("mean", "low", "high")}

    rows = circles_table(
        MEMBERS,
        identity=identity,
        facet="interest",
        stability=measured,
        propensity=np.array([0.1, 0.9, 0.3]),
    ).to_pylist()

    assert [row["size"] for row in rows] == [2, 1]
    assert rows[0]["share_propensity"] == 0.2
    assert rows[0]["share_of_users"] == 2 / 3
    assert rows[1]["stability"] is None


def test_a_crosstab_names_circles_and_shares():
    """Of the six people in interest-4 four live as lifestyle-1; interest-7 has nobody in both."""
    first = np.array([0] * 6 + [-1, 1], dtype=np.int32)
    second = np.array([0] * 4 + [1] * 2 + [0, -1], dtype=np.int32)
    crossed = crosstab(first, second, n_first=2, n_second=2)

    rows = crosstab_table(crossed, interest=IDS, lifestyle=["lifestyle-1", "lifestyle-2"])

    assert rows.num_rows == 2
    row = rows.to_pylist()[0]
    assert (row["interest_circle"], row["lifestyle_circle"]) == ("interest-4", "lifestyle-1")
    assert (row["people"], row["share_of_interest"], row["share_of_lifestyle"]) == (4, 4 / 6, 1.0)
    assert row["lift"] == 1.0


def test_nobody_and_nothing_are_null():
    """No circle, no number and no word read as null, not as -1, NaN or an empty word."""
    labels = np.array([1, -1], dtype=np.int32)

    assert primary_circles(labels, IDS).to_pylist() == ["interest-7", None]
    assert known(np.array([0.5, np.nan])).to_pylist() == [0.5, None]
    assert spoken(np.array(["far", ""])).to_pylist() == ["far", None]
