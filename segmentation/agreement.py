"""Consent as a run takes it: the `consent` table, and what people decided since over HTTP.

A decision wins over the table for its person and purpose. Allowing one purpose wins over a refusal
of every purpose, as it does in every list; in the table alone, where nothing says which came
later, a refusal stands.
"""

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from segmentation.consents import Decision
from segmentation.engine import Engine

CONSENT = "consent.parquet"
DECIDED = "decided.parquet"
SCHEMA = pa.schema([("user_id", pa.string()), ("purpose", pa.string()), ("granted", pa.bool_())])


def save_decisions(path: Path, decisions: Iterable[Decision]) -> None:
    """Keep with a run what was decided when it began."""
    rows = [vars(each) for each in decisions]
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path)


def settle_consent(engine: Engine, tables: Path, folder: Path) -> None:
    """Put the decisions kept in a run's folder into its valid `consent` table."""
    engine.register("stated", tables / CONSENT)
    engine.register("decided", folder / DECIDED)
    engine.write(
        """
        SELECT user_id, purpose, granted FROM stated
        WHERE NOT granted AND NOT EXISTS (
            SELECT 1 FROM decided
            WHERE decided.user_id = stated.user_id AND decided.purpose = stated.purpose)
        UNION SELECT user_id, purpose, granted FROM decided
        ORDER BY user_id, purpose, granted
        """,
        tables / CONSENT,
    )
    engine.register("consent", tables / CONSENT)
