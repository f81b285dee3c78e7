"""What was set by hand is found without reading the ledger through; campaigns keep its place."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the indexes and the column."""
    no_run = sa.text("run_id IS NULL")
    op.create_index(
        "tier_ledger_hand", "tier_ledger", ["user_id", "seq"],
        sqlite_where=no_run, postgresql_where=no_run,
    )  # fmt: skip
    running = sa.text("ended IS NULL")
    op.create_index(
        "tier_overrides_until", "tier_overrides", ["until"],
        sqlite_where=running, postgresql_where=running,
    )  # fmt: skip
    op.add_column(
        "campaigns", sa.Column("tiers_through", sa.BigInteger, nullable=False, server_default="0")
    )
