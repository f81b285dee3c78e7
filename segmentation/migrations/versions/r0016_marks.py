"""Each time a run goes live has a mark of its own: going back keeps where it first began."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Move the marks to a table with a row for each time."""
    op.create_table(
        "live_marks",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("run_id", sa.String(200), nullable=False),
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("recorded", sa.DateTime, nullable=False),
    )
    op.create_index("live_marks_run", "live_marks", ["run_id"])
    op.execute(
        "INSERT INTO live_marks (run_id, seq, at, recorded) "
        "SELECT run_id, seq, recorded, recorded FROM tier_marks ORDER BY seq, recorded"
    )
    op.drop_table("tier_marks")
