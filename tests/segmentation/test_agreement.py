"""What people decided between runs is what a run heeds."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from segmentation import queries
from segmentation.agreement import CONSENT, DECIDED, SCHEMA, save_decisions, settle_consent
from segmentation.consents import Decision
from segmentation.engine import DuckEngine


@pytest.fixture
def refusing(tmp_path):
    """Settle a table and decisions; give who refuses a purpose."""

    def settled(stated, decided, purpose):
        rows = [dict(zip(SCHEMA.names, row, strict=True)) for row in stated]
        pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), tmp_path / CONSENT)
        made = [Decision(user_id=who, purpose=what, granted=yes) for who, what, yes in decided]
        save_decisions(tmp_path / DECIDED, made)
        with DuckEngine() as engine:
            settle_consent(engine, tmp_path, tmp_path)
            return {row[0] for row in engine.rows(queries.refusals(purpose))}

    return settled


@pytest.mark.parametrize("purpose", ["segmentation", "sharing"])
@pytest.mark.parametrize(
    ("stated", "decided", "refuses"),
    [
        ([], [], False),
        ([("u", "it", False)], [], True),
        ([("u", "it", False), ("u", "it", True)], [], True),
        ([("u", "*", False), ("u", "it", True)], [], True),
        ([("u", "it", True)], [("u", "it", False)], True),
        ([("u", "it", False)], [("u", "it", True)], False),
        ([("u", "*", False)], [("u", "it", True)], False),
        ([("u", "*", False)], [("u", "*", True)], False),
        ([("u", "*", False)], [("u", "else", True)], True),
        ([], [("u", "*", False)], True),
        ([], [("u", "else", False)], False),
        ([("v", "it", False)], [("u", "it", True)], False),
    ],
)
def test_a_decision_wins_over_the_table(refusing, purpose, stated, decided, refuses):
    """Of its person and purpose; one purpose allowed by decision wins over all refused."""
    rows = [
        [(who, purpose if what == "it" else what, yes) for who, what, yes in given]
        for given in (stated, decided)
    ]

    assert ("u" in refusing(*rows, purpose)) == refuses
