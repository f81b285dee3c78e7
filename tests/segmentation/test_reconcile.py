"""Tables that disagree are refused, and the message says which rule they break."""

from dataclasses import replace

import pyarrow as pa
import pytest

from segmentation.errors import StoreError
from segmentation.reconcile import reconcile
from segmentation.tables import SCHEMAS
from tests.snapshots import TIERS, build_tables


@pytest.fixture(scope="module")
def good():
    """Tables that agree."""
    return build_tables(users=60)


def changed(tables, what, **columns):
    """The tables with a function put over every row's value of some columns."""
    name = what.replace("-", "_")
    rows = getattr(tables, name).to_pylist()
    for row in rows:
        for column, change in columns.items():
            row[column] = change(row)
    return replace(tables, **{name: pa.Table.from_pylist(rows, schema=SCHEMAS[what])})


def test_tables_that_agree_pass(good):
    """Also when there is nobody."""
    reconcile(good.canonical(), tiers=TIERS)
    reconcile(build_tables(users=0).canonical(), tiers=TIERS)


BREAKS = [
    ("members", {"strength": lambda row: 1.5}, "`strength` lies in"),
    ("members", {"strength": lambda row: 0.6}, "sum to at most 1"),
    ("members", {"strength": lambda row: 0.01 * row["rank"]}, "as `strength` falls"),
    ("members", {"rank": lambda row: row["rank"] + 1}, "run 1, 2"),
    ("members", {"circle_id": lambda row: "interest-77"}, "is in the circles table"),
    ("members", {"facet": lambda row: "interest"}, "run 1, 2|keeps to its facet"),
    ("members", {"user_id": lambda row: "nobody"}, "`user_id` is in the users table"),
    ("circles", {"size": lambda row: row["size"] + 1}, "`size` is the number of members"),
    ("circles", {"parent_id": lambda row: "interest-77"}, "`parent_id` is in the circles"),
    ("circles", {"circle_id": lambda row: "interest-1"}, "`circle_id` is unique"),
    ("users", {"user_id": lambda row: "everyone"}, "each user has one row"),
    ("users", {"interest_circle": lambda row: "interest-1"}, "is the member of rank 1"),
    ("users", {"lifestyle_reason": lambda row: "far"}, "never both"),
    ("users", {"tier": lambda row: "gold"}, "what the tiers table says"),
    ("users", {"tier_since": lambda row: None}, "what the tiers table says"),
    ("users", {"lifecycle_stage": lambda row: None}, "what the lifecycle table says"),
    ("users", {"share_low": lambda row: 1.0}, "`share_low` <= `share_propensity`"),
    ("users", {"share_high": lambda row: float("nan")}, "`share_propensity` <= `share_high`"),
    ("tiers", {"tier": lambda row: "tin"}, "`tier` is in the policy"),
    ("tiers", {"user_id": lambda row: "someone"}, "each user has one row"),
    ("tier-changes", {"after": lambda row: "tin"}, "`after` is in the policy"),
]


@pytest.mark.parametrize(("what", "columns", "rule"), BREAKS)
def test_a_broken_rule_is_named(good, what, columns, rule):
    """With the table, the rule and the number of rows."""
    wrong = changed(good, what, **columns)

    with pytest.raises(StoreError, match=rule):
        reconcile(wrong.canonical(), tiers=TIERS)
