"""Events sent over HTTP that a run has read lie in batches."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make the table; the next run fills it."""
    op.create_table(
        "sent_batches",
        sa.Column(
            "last",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("oldest", sa.DateTime),
        sa.Column("events", sa.LargeBinary, nullable=False),
    )
