"""Runs asked for from afar."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "jobs",
        sa.Column("job_id", sa.String(32), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("by", sa.String(32), nullable=False),
        sa.Column("progress", sa.Double, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("run_id", sa.String(64)),
        sa.Column("published", sa.Boolean),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("queued", sa.DateTime, nullable=False),
        sa.Column("started", sa.DateTime),
        sa.Column("ended", sa.DateTime),
        sa.Column("alive", sa.DateTime),
    )
