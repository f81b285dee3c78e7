"""Events sent over HTTP, kept for the runs and updates to come."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "sent_events",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("ts", sa.DateTime),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("tag", sa.Text, nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("content_id", sa.Text),
        sa.Column("by", sa.String(32), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sqlite_autoincrement=True,
    )
